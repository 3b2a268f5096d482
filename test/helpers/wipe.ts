import { join } from 'node:path';
import { execa } from 'execa';
import { homeOf } from '../../packages/agent/src/config/home.ts';
import { openTransport } from '../../packages/agent/src/transport/transport.ts';
import type { Machine } from './machine.ts';
import type { TestReceiver } from './receiver.ts';
import { type RestClient, randomObject, restClientOf } from './rest-client.ts';

const types = ['data', 'index', 'keys', 'snapshots', 'locks'] as const;

/** What a wipe came to. */
export interface Wiped {
  readonly requests: number;
  readonly deleted: number;
  /** Overwrites that the server took, other than of what had been deleted before: always none. */
  readonly overwritten: number;
}

/** Whoever took over a machine has its key, and none of restic's manners. */
export const attackerOf = (receiver: TestReceiver, machine: Machine, source = 'laptop'): Promise<RestClient> =>
  restClientOf(receiver, source, { file: join(machine.home, 'id_ed25519'), line: '' });

/**
 * Deletes and overwrites everything there is in an order drawn from `random`, uploads junk of every type in between, puts
 * another config where the first one was, and goes on until nothing is listed any more.
 */
export const wipe = async (client: RestClient, random: (below: number) => number): Promise<Wiped> => {
  let [requests, deleted, overwritten] = [0, 0, 0];
  const send = async (method: string, path: string, body: Buffer | null = null): Promise<number> => {
    requests += 1;
    return (await client.request(method, path, body)).status;
  };
  const junk = (): Buffer => randomObject(1 + random(2000)).bytes;
  for (;;) {
    const paths = await everything(client);
    const attacks = paths.flatMap((path) => [
      async (): Promise<void> => {
        if ((await send('DELETE', path)) === 200) deleted += 1;
      },
      async (): Promise<void> => {
        // config has no hash for a name: once it is deleted another one is welcome.
        if ((await send('POST', path, junk())) === 200 && path !== '/config') overwritten += 1;
      },
    ]);
    if (paths.length === 0 || (paths.length === 1 && paths[0] === '/config' && requests > 0)) break;
    const kinds = types.flatMap((type) => Array.from({ length: 2 + random(6) }, () => type));
    const uploads = kinds.map((type) => async (): Promise<void> => {
      const { path, bytes } = randomObject(1 + random(2000), type);
      await send('POST', path, bytes);
    });
    // Junk at the first time only: it has to end some day.
    const order = shuffled([...attacks, ...(requests === 0 ? uploads : [])], random);
    await Promise.all(Array.from({ length: 1 + random(8) }, () => runEach(order)));
  }
  await send('DELETE', '/config');
  await send('POST', '/config', junk());
  return { requests, deleted, overwritten };
};

/** What the machine's own restic can do to its repository, by the key and the password that the machine has. */
export const resticOn = async (receiver: TestReceiver, machine: Machine, ...words: readonly string[]) => {
  const home = homeOf({ directory: machine.home, env: {}, uid: 0 });
  const destination = { host: '127.0.0.1', port: receiver.port, user: receiver.login('laptop') };
  await using transport = await openTransport({ destination, home });
  const options = transport.options.flatMap((option) => ['-o', option]);
  const where = ['--no-cache', '--repo', transport.repository, '--password-file', home.password];
  return await execa('restic', [...where, ...options, ...words], {
    reject: false,
    stdin: 'ignore',
    timeout: 110_000,
    all: true,
  });
};

const everything = async (client: RestClient): Promise<readonly string[]> => {
  const paths: string[] = [];
  for (const type of types) {
    const { body } = await client.request('GET', `/${type}/`, null, { accept: 'application/vnd.x.restic.rest.v1' });
    const names: readonly string[] = JSON.parse(body.toString());
    paths.push(...names.map((name) => `/${type}/${name}`));
  }
  if ((await client.request('HEAD', '/config')).status === 200) paths.push('/config');
  return paths;
};

/** Takes the next of `work` until none is left; several may take from the same. */
const runEach = async (work: (() => Promise<void>)[]): Promise<void> => {
  for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
};

const shuffled = <Item>(items: readonly Item[], random: (below: number) => number): Item[] =>
  items
    .map((item) => ({ item, at: random(1_000_000) }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
