import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requirePrograms } from '../../scripts/docker/programs.ts';
import { seededRandom } from '../../test/helpers/random.ts';
import { eventually, withReceiver } from '../../test/helpers/receiver.ts';
import { type RestClient, randomObject, restClientOf } from '../../test/helpers/rest-client.ts';
import { type Conditions, Skipped } from '../experiment.ts';
import { type Answered, disorder } from './durable-order.ts';
import { parseStrace } from './strace.ts';

/** What the trace of a session shows. */
export interface Traced {
  /** Uploads that were answered with 200. */
  readonly answered: number;
  readonly wrong: readonly string[];
}

const atOnce = 8;
const types = ['data', 'index', 'snapshots', 'keys', 'locks'];

/**
 * Uploads to a session that a real sshd started, in its jail, with strace looking at every write, sync and link that it
 * does. Rejects with `Skipped` where no process can be traced.
 */
export const traceSession = async ({ signal, seed }: Conditions, uploads: number): Promise<Traced> => {
  await requireStrace();
  const random = seededRandom(seed);
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ traced: { uid: 31_001, keys: [key.line] } });
  await eventually('the source gets in', 15_000, () => receiver.letsIn('traced', key));
  await using client = await restClientOf(receiver, 'traced', key);
  await client.request('POST', '/?create=true');
  // The store has a folder for each of its sessions, by process number.
  const [pid = ''] = await readdir(join(receiver.dataDir, 'sources/traced/incoming'));

  const file = join(receiver.directory, 'trace');
  const answered: Answered[] = [];
  {
    await using _trace = await strace(pid, file);
    const lane = async (): Promise<void> => {
      for (let sent = 0; sent < uploads / atOnce; sent += 1) {
        signal.throwIfAborted();
        const object = randomObject(1 + random([300, 20_000, 900_000][random(3)] ?? 300), types[random(types.length)]);
        const stream = await streamOf200(client, object);
        if (stream !== null) answered.push({ stream, name: object.name });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }
  return { answered: answered.length, wrong: disorder(parseStrace(await readFile(file, 'utf8')), answered) };
};

/** Installs strace where it is missing and root may. */
export const requireStrace = (): Promise<void> =>
  requirePrograms({ strace: 'strace' }).catch((cause: unknown) => {
    throw new Skipped(`strace can not be had: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });

/** Follows a process and its threads, from when it is attached to until this is disposed. */
const strace = async (pid: string, file: string): Promise<AsyncDisposable> => {
  const calls = 'trace=write,writev,pwrite64,pwritev,fsync,fdatasync,link,linkat';
  const words = ['--pdeathsig', 'TERM', 'strace', '-f', '-y', '-xx', '-s', '32768', '-e', calls, '-o', file, '-p', pid];
  const child = spawn('setpriv', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  let said = '';
  const attached = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(' attached')) resolve();
    });
    child.on('exit', () => reject(new Skipped(`strace can not attach to a session: ${said.trim()}`)));
  });
  await attached;
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
};

/** Sends an object; the number of its HTTP/2 stream when it was answered with 200, or null. */
const streamOf200 = (client: RestClient, { path, bytes }: ReturnType<typeof randomObject>): Promise<number | null> =>
  new Promise((resolve) => {
    const stream = client.upload(path, bytes.length);
    stream.once('response', (headers) => resolve(headers[':status'] === 200 ? (stream.id ?? null) : null));
    stream.once('close', () => resolve(null));
    stream.resume();
    stream.end(bytes);
  });
