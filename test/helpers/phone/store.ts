import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestConfig } from '@berth/server/ingest/backup/config.ts';
import { storeBehind } from '@berth/server/ingest/backup/world.ts';
import { formatSessionArguments, sourceDirectory } from '@berth/server/session/arguments.ts';
import { noKey } from '@berth/server/session/forced-command.ts';
import { sourceFolders } from '@berth/server/store/layout.ts';
import { openDoor } from '@berth/server/supervisor/phones/door.ts';
import { execa } from 'execa';
import { pino } from 'pino';
import { sessionFile } from '../programs.ts';
import { repository } from '../receiver.ts';
import type { Repository } from './snapshots.ts';

/** A phone's store, and restic before its door, without a server: for tests that go through many days. */
export interface PhoneStore extends AsyncDisposable {
  /** Makes the repository. */
  readonly init: () => Promise<void>;
  /** Backs `ingest` up as the server does, but at this time; returns the snapshot's id. */
  readonly backUp: (ingest: string, at: Date) => Promise<string>;
  /** What the store has on the disk, for restic alone. */
  readonly repository: Repository;
}

const name = 'lisa-phone';

/** `directory` is empty, and goes with the test. */
export const phoneStore = async (directory: string, restic: string): Promise<PhoneStore> => {
  const dataDir = join(directory, 'data');
  for (const folder of sourceFolders) await mkdir(join(sourceDirectory(dataDir, name), folder), { recursive: true });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'a password of the test\n', { mode: 0o600 });
  const socket = join(directory, 'receive.sock');
  const own = { source: name, key: noKey, dataDir, controlSocket: '/nonexistent' };
  const session = formatSessionArguments({ ...own, quotaBytes: null, floorBytes: 0 });
  const door = await openDoor({
    ...{ socket, uid: null, log: pino({ level: 'silent' }) },
    command: [process.execPath, '--disable-warning=ExperimentalWarning', sessionFile, ...session],
    environment: { PATH: '/usr/bin:/bin', SSH_ORIGINAL_COMMAND: 'receive' },
  });
  const dial = [process.execPath, join(repository, 'packages/server/src/ingest/backup/dial.ts')];
  const { repository: place, options } = storeBehind(socket, dial);
  const before = ['--repo', place, ...options.flatMap((option) => ['--option', option]), '--quiet'];
  const run = async (cwd: string, ...words: readonly string[]): Promise<string> => {
    const given = [...before, '--password-file', passwordFile, '--cache-dir', join(directory, 'cache'), ...words];
    return (await execa(restic, given, { cwd, stdin: 'ignore', timeout: 100_000 })).stdout;
  };
  return {
    init: async () => void (await run('/', 'init')),
    backUp: async (ingest, at) => {
      const { paths, exclude } = ingestConfig({ name, ingest, exclude: [] });
      const patterns = exclude.patterns.map((pattern) => `--exclude=${pattern}`);
      // As restic writes it: local time, to the second.
      const time = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
        .toISOString()
        .slice(0, 19)
        .replace('T', ' ');
      const said = await run(ingest, 'backup', '--json', `--time=${time}`, '--host', name, ...patterns, ...paths);
      const id = /"snapshot_id":"([0-9a-f]+)"/.exec(said)?.[1];
      if (id === undefined) throw new Error(`restic named no snapshot: ${said}`);
      return id;
    },
    repository: { restic, repository: join(sourceDirectory(dataDir, name), 'repo'), passwordFile },
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  };
};
