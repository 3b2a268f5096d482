import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
/** Where all of them are, in the clone: a folder for each run, by its process. */
export const shelf = '.cache/built';

/** Where the run of the tests that this process is keeps our programs as a release has them, in the clone. */
export const builtFolder = (): string => join(shelf, String(process.pid));

const built = process.env['BERTH_BUILT'];

/**
 * The words that start one of our programs in the clone at `clone`, as a release does: a single file, which starts in a
 * third of the time that the sources take. Where no vitest has built it, such as in a benchmark, the sources.
 */
export const programWords = (name: 'berth' | 'berth-server' | 'quick-server', clone = root): readonly string[] => {
  const node = [join(clone, 'node_modules/.bin/node'), '--disable-warning=ExperimentalWarning'];
  if (built !== undefined) return [...node, join(clone, built, `${name}.mjs`)];
  if (name === 'quick-server') return [...node, join(clone, 'test/helpers/quick-server.ts')];
  return [join(clone, 'packages', name === 'berth' ? 'agent' : 'server', 'bin', name)];
};

const fileOf = (bundle: string, source: string): string =>
  join(root, built === undefined ? join('packages/server/src', source) : join(built, bundle));

/** What sshd starts for a login, in this clone: for those who start sessions without it. */
export const sessionFile = fileOf('session.mjs', 'session/main.ts');
/** The same of a phone's jobs, and of what joins its restic with the store's door. */
export const ingestFile = fileOf('ingest.mjs', 'ingest/main.ts');
export const dialFile = fileOf('dial.mjs', 'ingest/backup/dial.ts');
/** What watches phones' Syncthing. */
export const watcherFile = fileOf('watcher.mjs', 'ingest/watch/main.ts');
