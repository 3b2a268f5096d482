import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../free-port.ts';
import { demand, environment, programFolders } from '../../programs.ts';
import { quote, say, typed } from '../../screen.ts';
import type { Stage } from '../../stage.ts';
import { BrokenPromise, expect, type Told } from '../../story.ts';
import { isolation, type Receiver } from './receiver.ts';

/** `init`, then `run`: in a mount namespace of its own for root, rootless for everybody else. */
export const startProcess = async (stage: Stage): Promise<Told<Receiver>> => {
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
    const jail = /^jail: (.+)$/m.exec(words)?.[1];
    const { pid } = child;
    expect(
      hostKey !== undefined && jail !== undefined && pid !== undefined,
      'the receiver did not name its host key and its jail',
    );
    const mode = stage.isRoot ? 'private' : 'rootless';
    const dataInside = stage.isRoot ? '/run/berth/data' : dataDir;
    const places = { port, configFile, dataDir, dataInside, inside: inside(mode, pid), leftovers: async () => [] };
    const receiver = { mode, jail, pid, hostKey, ...places, [Symbol.asyncDispose]: end } as const;
    const held = jail === 'landlock' ? 'jail: landlock' : 'no jail';
    return { result: `port ${port}, ${isolation[mode]}, ${held}`, value: receiver };
  } catch (error) {
    await end();
    throw error;
  }
};

/** By its pid: its mount namespace, and its root too where this machine's is a chroot. */
const inside =
  (mode: 'private' | 'rootless', pid: number) =>
  (command: readonly string[]): readonly string[] =>
    mode === 'rootless' ? command : ['nsenter', '--mount', '--root', '--target', String(pid), '--', ...command];

/** On a leash: should this process be killed with SIGKILL, the kernel tells the receiver to end. */
const startServer = (stage: Stage, command: readonly string[]): ChildProcess =>
  spawn('setpriv', ['--pdeathsig', 'TERM', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(stage),
  });

/** Where it listens, its host key, how sources are kept apart, and by which jail. */
const readyLines = 4;

/** What it prints when it is ready; shows its last words and throws when it ends instead. */
const readyWords = async (child: ChildProcess): Promise<string> => {
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(-4_000);
  });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  const lines = await firstLines(child, readyLines);
  if (lines.length === readyLines) return lines.join('\n');
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
