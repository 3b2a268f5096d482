import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { readJournal } from '../../packages/server/src/store/journal-read.ts';
import { fold } from '../../packages/server/src/store/past/fold.ts';
import { beginning } from '../../packages/server/src/store/seq.ts';
import { seededRandom } from '../../test/helpers/random.ts';
import { type RestClient, randomObject } from '../../test/helpers/rest-client.ts';
import { filesBelow, partialObjects } from '../../test/helpers/store-files.ts';
import type { Conditions } from '../experiment.ts';
import { loopDisk } from './loop-disk.ts';
import { scratch } from './scratch.ts';
import { type SourceOfSessions, sourceOfSessions } from './session.ts';

/** What came of the cuts. */
export interface Cuts {
  readonly cuts: number;
  /** Uploads and deletions that were answered with 200. */
  readonly acknowledged: number;
  /** Everything that was not as it must be, in words. */
  readonly wrong: readonly string[];
}

/** What a client knows of an object: what it was told, or that a cut came before the answer to a delete. */
type Fate = 'stored' | 'deleted' | 'either';

const sessions = 2;
const requestsAtOnce = 3;
/** A source of its own after so many, so that the disk has room. */
const cutsOfSource = 20;

/**
 * Cuts the power of a real ext4 under real sessions at random moments of uploads and deletes, and looks each time, after
 * ext4 has replayed its own journal, whether everything acknowledged is there. `wrap` are words before the session
 * program.
 */
export const cutPower = async (
  { say, signal, seed }: Conditions,
  count: number,
  wrap: readonly string[] = [],
): Promise<Cuts> => {
  const random = seededRandom(seed);
  await using folder = await scratch('disk');
  await using disk = await loopDisk(folder.path);
  const wrong: string[] = [];
  let acknowledged = 0;
  for (let done = 0; done < count; done += cutsOfSource) {
    const source = await sourceOfSessions(disk.path, `source-${done}`);
    const fates = new Map<string, Fate>();
    await settle(source);
    for (let cut = done; cut < Math.min(count, done + cutsOfSource); cut += 1) {
      signal.throwIfAborted();
      acknowledged += await live(source, fates, { wrap, random, cut: disk.cut });
      await disk.restore();
      const found = await audit(source, fates);
      wrong.push(...found);
      for (const words of found.slice(0, 5)) say(`cut ${cut}: ${words}`);
      // What a cut took once is not counted again.
      if (found.length > 0) fates.clear();
    }
    say(`${Math.min(count, done + cutsOfSource)} power cuts, ${acknowledged} answers, ${wrong.length} wrong`);
    await rm(source.directory, { recursive: true });
  }
  return { cuts: count, acknowledged, wrong };
};

/** The source as the server makes it, with all its folders on the disk to stay. */
const settle = async (source: SourceOfSessions): Promise<void> => {
  await using client = source.start();
  await client.request('POST', '/?create=true');
};

interface Life {
  readonly wrap: readonly string[];
  readonly random: (below: number) => number;
  readonly cut: () => Promise<void>;
}

/** Sessions that upload and delete until the power is gone. Answers with how many answers they got. */
const live = async (
  source: SourceOfSessions,
  fates: Map<string, Fate>,
  { wrap, random, cut }: Life,
): Promise<number> => {
  let answers = 0;
  let isOn = true;
  const clients = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const client = source.start(...wrap);
      await client.request('POST', '/?create=true');
      return client;
    }),
  );
  const work = async (client: RestClient): Promise<void> => {
    while (isOn) {
      const { name, path, bytes } = randomObject(1 + random([300, 20_000, 150_000][random(3)] ?? 300));
      if (!(await isTaken(client, 'POST', path, bytes))) return;
      fates.set(name, 'stored');
      answers += 1;
      if (random(4) > 0) continue;
      fates.set(name, 'either');
      if (!(await isTaken(client, 'DELETE', path, null))) return;
      fates.set(name, 'deleted');
      answers += 1;
    }
  };
  const working = Promise.all(clients.flatMap((client) => Array.from({ length: requestsAtOnce }, () => work(client))));
  await sleep(20 + random(500));
  await cut();
  isOn = false;
  await working;
  await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  return answers;
};

const isTaken = (client: RestClient, method: string, path: string, bytes: Buffer | null): Promise<boolean> =>
  client.request(method, path, bytes).then(
    ({ status }) => status === 200,
    () => false,
  );

/** What is wrong after a cut: first as the disk was left, then after a session has opened the store. */
const audit = async (source: SourceOfSessions, fates: ReadonlyMap<string, Fate>): Promise<readonly string[]> => {
  const place = (name: string): string => join(source.directory, name);
  const wrong = (await partialObjects(place('repo'))).map((file) => `${file} is not whole`);
  await settle(source);
  const base = (file: string): string => file.split('/').at(-1)?.split('.')[0] ?? '';
  const repo = new Set((await filesBelow(place('repo'))).map(base));
  const trash = new Set((await filesBelow(place('trash'))).map(base));
  const journaled = fold();
  await readJournal({ disk: nodeDisk, folder: place('journal'), from: beginning, visit: journaled.add });
  for (const [name, fate] of fates) {
    if (fate === 'stored' && !repo.has(name)) wrong.push(`${name} is lost`);
    if (fate === 'stored' && !journaled.live.has(`data/${name}`)) wrong.push(`${name} has no record`);
    if (fate === 'deleted' && repo.has(name)) wrong.push(`${name} was deleted and is live`);
    if (fate !== 'stored' && !trash.has(name) && !repo.has(name)) wrong.push(`${name} is lost, from the trash too`);
  }
  return wrong;
};
