import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { journalMonths } from '../../packages/server/src/store/journal-read.ts';
import { repository } from '../../test/helpers/receiver.ts';
import type { RestClient } from '../../test/helpers/rest-client.ts';
import type { SourceOfSessions } from './session.ts';

/** A session that can be killed, and how long it took from its start to its first answer. */
export interface Victim {
  readonly client: RestClient;
  readonly readyMs: number;
  /** SIGKILL, and waits until the process is gone. False when it had ended by itself before. */
  readonly kill: () => Promise<boolean>;
}

/** Starts a session of `source`, and waits for its first answer; `pidFile` is a path to write its number to. */
export const startVictim = async (source: SourceOfSessions, pidFile: string): Promise<Victim> => {
  const started = performance.now();
  const client = source.start('sh', '-c', 'echo $$ > "$0"; exec "$@"', pidFile);
  const { status } = await client.request('POST', '/?create=true');
  if (status !== 200) throw new Error(`a session began with ${status}`);
  const readyMs = performance.now() - started;
  const pid = Number((await readFile(pidFile, 'utf8')).trim());
  const kill = async (): Promise<boolean> => {
    const isThere = signalled(pid);
    await client.exited();
    return isThere;
  };
  return { client, readyMs, kill };
};

const signalled = (pid: number): boolean => {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
};

/**
 * Runs a job's program on a source, and kills it once the journal has grown by `bytes` and `afterMs` more have passed.
 * False when it had come to its end before. Throws when it ended with a problem.
 */
export const killJob = async (
  directory: string,
  job: { readonly name: string; readonly args: unknown },
  when: { readonly bytes: number; readonly afterMs: number },
): Promise<boolean> => {
  const before = await journalBytes(directory);
  const main = join(repository, 'packages/server/src/jobs/main.ts');
  const words = [main, job.name, '--source', 'victim', '--directory', directory, '--args', JSON.stringify(job.args)];
  const leash = ['--pdeathsig', 'KILL', process.execPath];
  const child = spawn('setpriv', [...leash, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  while (isRunning(child) && (await journalBytes(directory)) <= before + when.bytes) await setImmediate();
  if (when.afterMs > 0) await sleep(when.afterMs);
  child.kill('SIGKILL');
  await ended;
  if (child.signalCode === 'SIGKILL') return true;
  if (child.exitCode !== 0) throw new Error(`the job ${job.name} ended with ${child.exitCode}: ${said}`);
  return false;
};

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

const journalBytes = async (directory: string): Promise<number> => {
  const folder = join(directory, 'journal');
  const sizes = (await journalMonths(nodeDisk, folder)).map(
    async (month) => (await stat(join(folder, `${month}.jsonl`))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};
