import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The program as it lies on disk: from a clone (TypeScript and node_modules) or as the release's bundles, side by
 * side.
 */
export interface Program {
  readonly node: string;
  /** The command line's own file. */
  readonly cli: string;
  /** What sshd starts for a login. */
  readonly session: string;
  /** What the server starts for work on a source's files: jobs/main.ts. */
  readonly job: string;
  /** What hands out the slots: coordinator/main.ts. */
  readonly coordinator: string;
  /** What tells people: monitor/main.ts. */
  readonly monitor: string;
  /** What works on a phone's files, a pass or a wake at a time: ingest/main.ts. */
  readonly ingest: string;
  /** What watches phones' Syncthing: ingest/watch/main.ts. */
  readonly watcher: string;
  /** By which restic reaches a phone's store: ingest/backup/dial.ts. */
  readonly dial: string;
  /** The folders sessions must be able to read, and the folder all of them are in. */
  readonly root: string;
  readonly folders: readonly string[];
}

/** Where this very program lies. */
export const thisProgram = (): Program => programAt(fileURLToPath(import.meta.url), process.execPath);

/** In a clone `here` is `…/packages/server/src/supervisor/program.ts`; in a release it is the bundle itself. */
export const programAt = (here: string, node: string): Program => {
  if (here.endsWith('.ts')) {
    const server = resolve(dirname(here), '../..');
    const root = resolve(server, '../..');
    return {
      node,
      cli: join(server, 'src/cli.ts'),
      session: join(server, 'src/session/main.ts'),
      job: join(server, 'src/jobs/main.ts'),
      coordinator: join(server, 'src/coordinator/main.ts'),
      monitor: join(server, 'src/monitor/main.ts'),
      ingest: join(server, 'src/ingest/main.ts'),
      watcher: join(server, 'src/ingest/watch/main.ts'),
      dial: join(server, 'src/ingest/backup/dial.ts'),
      root,
      folders: ['packages', 'node_modules'],
    };
  }
  const root = dirname(here);
  const bundle = (name: string): string => join(root, `${name}.mjs`);
  return {
    node,
    cli: here,
    session: bundle('session'),
    job: bundle('job'),
    coordinator: bundle('coordinator'),
    monitor: bundle('monitor'),
    ingest: bundle('ingest'),
    watcher: bundle('watcher'),
    dial: bundle('dial'),
    root,
    folders: ['.'],
  };
};
