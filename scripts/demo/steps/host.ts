import { existsSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../../docker/engine.ts';
import { ask, demand } from '../programs.ts';
import { quote, say, typed } from '../screen.ts';
import type { Stage } from '../stage.ts';
import { expect } from '../story.ts';
import { imageName } from './image.ts';
import type { Receiver } from './receiver/receiver.ts';

/** What a receiver could leave on a host: accounts, mounts, its places in /run. */
export type Traces = Readonly<Record<'accounts' | 'groups' | 'mounts' | 'places in /run', string>>;

/** What the host shows of receivers now. */
export const hostTraces = async (): Promise<Traces> => ({
  accounts: await readFile('/etc/passwd', 'utf8'),
  groups: await readFile('/etc/group', 'utf8'),
  mounts: (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .filter((line) => line.includes('berth'))
    .join('\n'),
  'places in /run': (await readdir('/run')).filter((name) => /berth|sshd/.test(name)).join('\n'),
});

/** What has to go: the engine only where the demo started it. */
interface Everything {
  readonly stage: Stage;
  readonly receiver: Receiver;
  readonly engine: Engine | null;
}

/** Ends the receiver, removes the directory, and looks for anything that is left. */
export const clearAway = async ({ stage, receiver, engine }: Everything, before: Traces): Promise<string> => {
  if (receiver.mode !== 'rootless') await showAccounts(stage, receiver);
  compareTraces(before, await hostTraces());
  const namespace = receiver.mode === 'rootless' ? null : await readlink(`/proc/${receiver.pid}/ns/mnt`);
  await receiver[Symbol.asyncDispose]();
  const left = await receiver.leftovers();
  await engine?.[Symbol.asyncDispose]();
  const processes = await processesLeft(stage, namespace);
  quote(`processes left: ${processes.length === 0 ? 'none' : processes.join(', ')}`);
  const temporary = await readdir(stage.temporary);
  quote(`temporary files left: ${temporary.length === 0 ? 'none' : temporary.join(', ')}`);
  await stage[Symbol.asyncDispose]();
  expect(left.length === 0, `left in the engine: ${left.join(', ')}`);
  expect(processes.length === 0, `processes left: ${processes.join(', ')}`);
  expect(temporary.length === 0, `temporary files left: ${temporary.join(', ')}`);
  expect(!existsSync(stage.directory), `${stage.directory} is still there`);
  compareTraces(before, await hostTraces());
  if (engine === null) return 'no process, mount, account or file';
  if (engine.pid !== null)
    say('  The engine has ended too. Its bridge docker0 stays until the next boot: Docker never removes it.');
  say('  The image stays, for the next time. To remove it:');
  typed(['docker', 'image', 'rm', imageName]);
  return 'no container, network, volume, process, mount, account or file; the image stays';
};

/** The sources' accounts: there for the receiver, unknown to the host. */
const showAccounts = async (stage: Stage, receiver: Receiver): Promise<void> => {
  const question = ['getent', 'passwd', 'laptop', 'workstation'];
  const there = receiver.inside(question);
  typed(there);
  quote(await demand(stage, there));
  typed(question);
  const { stdout } = await ask(stage, question);
  quote(stdout === '' ? '(the host knows none of them)' : stdout);
  expect(stdout === '', 'the host has accounts of these names');
};

/** Throws with what it is that the host shows of receivers now and did not show before, or the other way round. */
export const compareTraces = (before: Traces, after: Traces): void => {
  for (const [what, text] of Object.entries(before)) {
    expect(
      Object.entries(after).some(([name, now]) => name === what && now === text),
      `the host's ${what} changed`,
    );
  }
};

/** Processes in the receiver's mount namespace, or with the demo's directory in their command line; waits 2 s for them to go. */
export const processesLeft = async (stage: Stage, namespace: string | null): Promise<readonly string[]> => {
  for (let tries = 0; ; tries += 1) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const left = await Promise.all(pids.map((pid) => describe(pid, stage.directory, namespace)));
    const found = left.filter((text) => text !== null);
    if (found.length === 0 || tries === 20) return found;
    await sleep(100);
  }
};

const describe = async (pid: string, directory: string, namespace: string | null): Promise<string | null> => {
  const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
  const mount = await readlink(join('/proc', pid, 'ns/mnt')).catch(() => null);
  const isOurs = command.includes(directory) || (namespace !== null && mount === namespace);
  return isOurs ? `${pid} ${command.replaceAll('\0', ' ').trim().slice(0, 60)}` : null;
};
