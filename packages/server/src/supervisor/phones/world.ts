import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Layout } from '../../accounts/layout.ts';
import { jobPlaceInside, jobPlaceOf } from '../../jobs/place.ts';
import type { JobPlace } from '../../jobs/start.ts';
import type { Jail } from '../../session/jail.ts';
import { librariesOf } from '../../session/libraries-of.ts';
import { privatePaths, privateRuntimeDir } from '../namespace.ts';
import type { Program } from '../program.ts';
import type { ServerState } from '../state.ts';

/** Where and as what phones' processes run, decided once per server or command. Paths as those processes walk them. */
export interface PhoneWorld extends JobPlace {
  readonly session: string;
  readonly ingest: string;
  readonly watcher: string;
  readonly dial: string;
  readonly runtimeDir: string;
  /** The folder of sources.yaml, which names of secrets' files are relative to; by our own path. */
  readonly configFolder: string;
  /** restic, and what it is loaded with; null where the machine has none. */
  readonly restic: { readonly path: string; readonly libraries: readonly string[] } | null;
}

/** In the server itself. */
export const phoneWorldInside = async (args: {
  readonly layout: Layout;
  readonly jail: Jail;
  readonly program: Program;
  readonly configFile: string;
}): Promise<PhoneWorld> => {
  const { layout, jail, program, configFile } = args;
  const { mode, dataDir, runtimeDir } = layout;
  const place = jobPlaceInside({ mode, jail, dataDir, program });
  return { ...place, ...(await programsOf(mode, program)), runtimeDir, configFolder: dirname(configFile) };
};

/** In a command of the admin's, beside the server that runs. Throws `server-down` where it needs one and there is none. */
export const phoneWorldBeside = async (args: {
  readonly server: ServerState | null;
  readonly up: boolean;
  readonly dataDir: string;
  readonly program: Program;
}): Promise<PhoneWorld> => {
  const place = jobPlaceOf(args);
  const { mode } = place;
  const runtimeDir = mode === 'rootless' ? join(args.dataDir, 'run') : privateRuntimeDir;
  const configFolder = dirname(args.server?.config ?? '');
  return { ...place, ...(await programsOf(mode, args.program)), runtimeDir, configFolder };
};

/** A path of the phones' processes as we reach it ourselves: a command is not in the server's mount namespace. */
export const reachedFrom = ({ enter }: Pick<PhoneWorld, 'enter'>, path: string): string =>
  enter === null ? path : `/proc/${enter}/root${path}`;

const programsOf = async (mode: Layout['mode'], program: Program) => {
  const { session, ingest, watcher, dial } = mode === 'private' ? privatePaths(program) : program;
  const path = findProgram('restic');
  const restic = path === null ? null : { path, libraries: await librariesOf(path) };
  return { session, ingest, watcher, dial, restic };
};

/** Where this machine has a program that our users may run; null where it has none. */
export const findProgram = (name: string): string | null => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/bin', '/usr/bin', '/bin'];
  const found = folders.filter((folder) => folder.startsWith('/')).map((folder) => join(folder, name));
  return found.find((path) => isExecutable(path)) ?? null;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
