import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { AccountFinding } from '../accounts/finding.ts';
import { areApart } from '../sources/folder-path.ts';
import { phoneFolders } from '../sources/ingest-conflicts.ts';
import type { Source } from '../sources/source.ts';

/** The server's own folders on the machine whose paths sources.yaml has; null where it is not known. */
export interface OwnPlaces {
  readonly dataDir: string;
  readonly configDir: string | null;
}

/**
 * Folders of phones that are, on this machine, in or around the server's own or each other, also by a link. The file alone can not show it. Not
 * for a server in its container, which sees them all by other names: `berth-server up` asks in its place.
 */
export const phonePlaceFindings = (sources: readonly Source[], own: OwnPlaces): readonly AccountFinding[] => {
  const ours = [
    { what: "the server's data folder", real: realOf(own.dataDir) },
    ...(own.configDir === null ? [] : [{ what: 'the folder of sources.yaml', real: realOf(own.configDir) }]),
  ];
  const folders = phoneFolders(sources).map((one) => ({ ...one, real: realOf(one.folder) }));
  return folders.flatMap(({ source, key, folder, real }, index): readonly AccountFinding[] => {
    const what = `${key === 'to' ? 'mirror' : 'ingest folder'} of ${source}, ${folder},`;
    const other = [
      ...ours,
      ...folders.slice(0, index).map((one) => ({ what: `${one.folder} of ${one.source}`, real: one.real })),
    ].find((one) => !areApart(one.real, real));
    if (other === undefined) return [];
    const how = other.real === real ? 'is' : real.startsWith(`${other.real}/`) ? 'lies in' : 'lies around';
    const remedy = `Name a folder beside it: ${key === 'to' ? 'media: { to: … }' : 'ingest: { folder: … }'} in sources.yaml.`;
    return [{ code: 'phone-folder', source, message: `The ${what} ${how} ${other.what}.`, remedy }];
  });
};

/** Without links, as far as there is something: what is missing may be on a disk that is not mounted yet. */
const realOf = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realOf(dirname(path)), basename(path));
  }
};
