import { join } from 'node:path';
import { phoneHomeIn } from '../../accounts/directories.ts';
import type { Mode } from '../../accounts/layout.ts';
import { socketFile } from '../../coordinator/paths.ts';
import { ingestMountPoint, mediaMountPoint } from '../../ingest/mount-points.ts';
import type { Source } from '../../sources/source.ts';

/** A source whose files the server fetches itself. */
export type Phone = Source & { readonly ingest: NonNullable<Source['ingest']> };

/** True for a source with `ingest`. */
export const isPhone = (source: Source): source is Phone => source.ingest !== null;

/** Where a phone's things are, by the paths that its own processes walk. */
export interface PhonePlaces {
  /** What Syncthing brings; only read. */
  readonly ingest: string;
  /** The mirror; null without one. */
  readonly media: string | null;
  /** The phone's folder below the data directory, and in it the agent's home and the mirror's own. */
  readonly directory: string;
  readonly agentHome: string;
  readonly mirrorState: string;
  /** Root's folder, which only the phone's UID may walk beside root, with the store's door and the password. */
  readonly runtime: string;
  readonly receiveSocket: string;
  readonly controlSocket: string;
}

/** The folders of all phones: below the data directory, and below the runtime folder. */
export const phonesFolder = (folder: string): string => join(folder, 'phones');

/** A phone's folder of the runtime, called by its UID: a socket's path has little room, and a name may take much of it. */
export const runtimeFolder = (runtimeDir: string, { uid }: Pick<Phone, 'uid'>): string =>
  join(phonesFolder(runtimeDir), String(uid));

/**
 * Where this phone's things are. In the container its folders are mounted where the image has them; elsewhere they are where sources.yaml
 * says. `dataDir` by the path that sources walk.
 */
export const phonePlaces = (
  where: { readonly mode: Mode; readonly dataDir: string; readonly runtimeDir: string },
  { name, uid, ingest, media }: Phone,
): PhonePlaces => {
  const { mode, dataDir, runtimeDir } = where;
  const isMounted = mode === 'container';
  const directory = phoneHomeIn(dataDir, { name });
  const runtime = runtimeFolder(runtimeDir, { uid });
  return {
    ingest: isMounted ? ingestMountPoint(name) : ingest.folder,
    media: media === null ? null : isMounted ? mediaMountPoint(name) : media.to,
    ...{ directory, agentHome: join(directory, 'agent'), mirrorState: join(directory, 'mirror') },
    ...{ runtime, receiveSocket: join(runtime, 'receive.sock') },
    controlSocket: socketFile(join(runtimeDir, 'control'), name),
  };
};
