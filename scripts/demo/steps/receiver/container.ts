import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../free-port.ts';
import { ask, demand, finish, programFolders, watch } from '../../programs.ts';
import { quote, say, typed } from '../../screen.ts';
import type { Stage } from '../../stage.ts';
import { expect, type Told } from '../../story.ts';
import { isolation, type Receiver } from './receiver.ts';

/** What is decided about the container, however it is made. */
export interface Plan {
  readonly name: string;
  readonly port: number;
  /** Below the demo's directory, where the commands are typed. */
  readonly config: string;
  readonly data: string;
}

/** One way to make the container and to remove it, as commands. */
export interface Way {
  readonly start: readonly (readonly string[])[];
  readonly end: readonly string[];
}

const healthyWithinMs = 60_000;

/** Makes the container that way, waits until it is healthy, and asks it what it says of itself. */
export const startContainer = async (
  stage: Stage,
  wayFor: (stage: Stage, plan: Plan) => Promise<Way>,
): Promise<Told<Receiver>> => {
  // Lower case, as compose wants its projects named.
  const name = basename(stage.directory).toLowerCase();
  const plan = { name, port: await freePort(), config: 'config', data: 'data' };
  const way = await wayFor(stage, plan);
  say(`  $ cd ${stage.directory}`);
  say(`  $ PATH=${programFolders.join(':')}:$PATH`);
  const end = ender(stage, name, way.end);
  try {
    for (const command of way.start) await watch(stage, command);
    await healthy(stage, name);
    const status = await statusOf(stage, name);
    const receiver = { ...(await describe(stage, plan)), ...status, [Symbol.asyncDispose]: end };
    const jail = status.jail === 'landlock' ? 'jail: landlock' : 'no jail';
    return { result: `${name} healthy on port ${plan.port}, ${isolation.container}, ${jail}`, value: receiver };
  } catch (error) {
    await end();
    throw error;
  }
};

const inContainer = (name: string, command: readonly string[]): readonly string[] => [
  ...['docker', 'exec', '--interactive', name],
  ...command,
];

const describe = async (stage: Stage, { name, port, config, data }: Plan) => {
  const look = ['docker', 'inspect', '--format', '{{.State.Pid}} {{range .Mounts}}{{.Type}} {{end}}', name];
  const [pid = '', ...mounts] = (await demand(stage, look)).trim().split(' ');
  expect(mounts.length === 2 && mounts.every((type) => type === 'bind'), `its mounts are ${mounts.join(', ')}`);
  return {
    mode: 'container',
    pid: Number(pid),
    port,
    configFile: join(stage.directory, config, 'sources.yaml'),
    dataDir: join(stage.directory, data),
    dataInside: '/data',
    inside: (command: readonly string[]) => inContainer(name, command),
    leftovers: () => leftovers(stage, name),
  } as const;
};

/** The health check that the engine would do by itself after 30 s. */
const healthy = async (stage: Stage, name: string): Promise<void> => {
  const check = inContainer(name, ['berth-server', 'health']);
  typed(check);
  const deadline = performance.now() + healthyWithinMs;
  for (;;) {
    const { exitCode, stdout, stderr } = await ask(stage, check);
    if (exitCode === 0) return quote(stdout);
    if (performance.now() < deadline) {
      await sleep(300, undefined, { signal: stage.signal });
      continue;
    }
    quote((await ask(stage, ['docker', 'logs', '--tail', '20', name])).stderr);
    expect(false, `not healthy within a minute: ${stderr.trim().split('\n')[0]}`);
  }
};

const statusOf = async (stage: Stage, name: string) => {
  const question = inContainer(name, ['berth-server', 'status']);
  typed(question);
  const words = await demand(stage, question);
  quote(words);
  const hostKey = /^host key +(SHA256:\S+)$/m.exec(words)?.[1];
  const jail = /^jail +(.+)$/m.exec(words)?.[1];
  expect(hostKey !== undefined && jail !== undefined, 'the receiver did not name its host key and its jail');
  return { hostKey, jail };
};

/** Removes the container, also after Ctrl-C, and whatever else was made with the demo's folders mounted. */
const ender = (stage: Stage, name: string, end: readonly string[]): (() => Promise<void>) => {
  let ended = false;
  return async () => {
    if (ended) return;
    ended = true;
    typed(end);
    const { exitCode, stdout, stderr } = await finish(stage, end);
    quote(stdout || stderr);
    for (const container of await containersOf(stage, name)) {
      await finish(stage, ['docker', 'rm', '--force', '--volumes', container]);
      // What `up` was killed over is cleared away quietly; after an orderly end there is nothing to clear.
      expect(stage.signal.aborted || exitCode !== 0, `container ${container} was left`);
    }
    expect(exitCode === 0, `${end.slice(0, 2).join(' ')} ended with ${exitCode}`);
  };
};

/** Also those of an `up` that was killed: their names begin with this one. */
const containersOf = async (stage: Stage, name: string): Promise<readonly string[]> => {
  const found = await finish(stage, ['docker', 'ps', '--all', '--quiet', '--filter', `name=${name}`]);
  return found.stdout.split('\n').filter((id) => id !== '');
};

const leftovers = async (stage: Stage, name: string): Promise<readonly string[]> => {
  const networks = ['docker', 'network', 'ls', '--quiet', '--filter', `name=${name}`];
  const volumes = ['docker', 'volume', 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${name}`];
  const lists = {
    containers: await containersOf(stage, name),
    networks: (await demand(stage, networks)).split('\n'),
    volumes: (await demand(stage, volumes)).split('\n'),
  };
  return Object.entries(lists).flatMap(([what, ids]) => {
    const left = ids.filter((id) => id !== '');
    quote(`${what} left: ${left.join(', ') || 'none'}`);
    return left.map((id) => `${what}: ${id}`);
  });
};
