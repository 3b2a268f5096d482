import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { quoteForRestic } from '../../packages/agent/src/transport/quote.ts';
import { type SourceOfSessions, sourceOfSessions } from './session.ts';

/**
 * The directory of a source below `folder` that a real restic has used: objects of every type, live and in the trash,
 * among them a lock that a killed restic left. No session of it lives.
 */
export const livedInSource = async (folder: string, signal: AbortSignal): Promise<string> => {
  const source = await sourceOfSessions(join(folder, 'data'), 'laptop');
  const session = join(folder, 'session');
  const words = source.command.map((word) => `'${word}'`).join(' ');
  await writeFile(session, `#!/bin/sh\nexport SSH_ORIGINAL_COMMAND="$*"\nexec ${words}\n`, { mode: 0o755 });
  const password = join(folder, 'password');
  await writeFile(password, 'correct horse\n', { mode: 0o600 });
  const always = [
    ...['-o', `rclone.program=${quoteForRestic([session])}`, '-o', 'rclone.args=', '-r', 'rclone:receive'],
    ...['--password-file', password, '--no-cache', '--quiet'],
  ];
  const restic = (...more: readonly string[]) =>
    execa('restic', [...always, ...more], { cancelSignal: signal, cwd: folder, timeout: 120_000 });

  await restic('init');
  const [first] = await keysOf(source);
  await restic('key', 'add', '--new-password-file', password);
  const added = (await keysOf(source)).find((key) => key !== first);
  await deleteByHand(source, `/keys/${added}`);

  const file = join(folder, 'file');
  for (const day of ['01', '02', '03', '04']) {
    await writeFile(file, randomBytes(400_000));
    await restic('backup', '--time', `2026-01-${day} 12:00:00`, file);
  }
  await restic('forget', '--keep-last', '2', '--prune');
  await leaveLock(source, [...always, 'backup', '--stdin']);
  return source.directory;
};

const keysOf = ({ directory }: SourceOfSessions): Promise<readonly string[]> => readdir(join(directory, 'repo/keys'));

/** Deletes a key, and `config` too, which then comes again: its forerunner stays in the trash. */
const deleteByHand = async (source: SourceOfSessions, key: string): Promise<void> => {
  await using client = source.start();
  await client.request('DELETE', key);
  const { body } = await client.request('GET', '/config');
  await client.request('DELETE', '/config');
  const { status } = await client.request('POST', '/config', body);
  if (status !== 200) throw new Error(`the config was answered with ${status}`);
};

/** Kills a restic's session while it holds its lock: one that ends by itself leaves none. */
const leaveLock = async ({ directory }: SourceOfSessions, words: readonly string[]): Promise<void> => {
  const hanging = execa('restic', words, { reject: false, timeout: 60_000, stdin: 'pipe' });
  let ended = false;
  hanging.then(
    () => {
      ended = true;
    },
    () => undefined,
  );
  while ((await readdir(join(directory, 'repo/locks'))).length === 0) {
    if (ended) throw new Error('restic ended before it had a lock');
    await sleep(20);
  }
  for (const pid of await readdir(join(directory, 'incoming'))) process.kill(Number(pid), 'SIGKILL');
  hanging.kill('SIGKILL');
  await hanging;
};
