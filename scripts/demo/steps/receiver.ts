import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { demand, environment, programFolders } from '../programs.ts';
import { quote, say, typed } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { BrokenPromise, expect, type Told } from '../story.ts';

/** A receiver that runs. Disposing ends it and waits for that. */
export interface Receiver extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly configFile: string;
  readonly dataDir: string;
  readonly hostKey: string;
}

/** Starts the receiver as an admin would: `init`, then `run`, on a free port of the loopback. */
export const startReceiver = async (stage: Stage): Promise<Told<Receiver>> => {
  const [configFile, dataDir] = [join(stage.directory, 'etc/sources.yaml'), join(stage.directory, 'data')];
  say(`  $ cd ${stage.directory}`);
  say(`  $ PATH=${programFolders.join(':')}:$PATH`);
  const init = ['berth-server', 'init', 'etc'];
  typed(init);
  await demand(stage, init);
  await mkdir(dataDir);
  const port = await freePort();
  const places = ['--config', 'etc/sources.yaml', '--data', 'data'];
  const command = ['berth-server', 'run', ...places, '--listen', '127.0.0.1', '--port', String(port)];
  typed([...command, '&']);
  const child = startServer(stage, command);
  const end = () => endServer(child);
  try {
    const words = await readyWords(child);
    quote(words);
    const hostKey = /^host key (SHA256:\S+)$/m.exec(words)?.[1];
    expect(hostKey !== undefined && child.pid !== undefined, 'the receiver did not name its host key');
    const receiver = { pid: child.pid, port, configFile, dataDir, hostKey, [Symbol.asyncDispose]: end };
    return { result: `port ${port}, ${isolation[stage.mode]}`, value: receiver };
  } catch (error) {
    await end();
    throw error;
  }
};

/** The words that run a command where the receiver's processes are: with their mounts, and with their accounts. */
export const inside = ({ pid }: Receiver, command: readonly string[]): readonly string[] => [
  ...['nsenter', '--mount', '--root', '--target', String(pid), '--'],
  ...command,
];

const isolation = { private: 'a UID per source', rootless: 'rootless: one UID for all' } as const;

/** On a leash: should this process be killed with SIGKILL, the kernel tells the receiver to end. */
const startServer = (stage: Stage, command: readonly string[]): ChildProcess =>
  spawn('setpriv', ['--pdeathsig', 'TERM', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(stage),
  });

/** The three lines it prints when it is ready; shows its last words and throws when it ends instead. */
const readyWords = async (child: ChildProcess): Promise<string> => {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-4_000);
  });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  const lines = await firstLines(child, 3);
  if (lines.length === 3) return lines.join('\n');
  await ended;
  quote(complaint);
  throw new BrokenPromise('the receiver does not start on this machine; its words are above');
};

const firstLines = async (child: ChildProcess, wanted: number): Promise<readonly string[]> => {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === wanted) break;
  }
  // Nothing more is read, but a full pipe must not stop it.
  child.stdout.resume();
  return lines;
};

const endServer = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const inTime = await Promise.race([exit.then(() => true), sleep(10_000, false, { ref: false })]);
  if (!inTime) child.kill('SIGKILL');
  await exit;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  expect(typeof address === 'object' && address !== null, 'no free port');
  return address.port;
};
