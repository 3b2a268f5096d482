import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { readJournal } from '../../packages/server/src/store/journal-read.ts';
import { fold } from '../../packages/server/src/store/past/fold.ts';
import { isChange } from '../../packages/server/src/store/record.ts';
import { beginning } from '../../packages/server/src/store/seq.ts';
import { readUsage } from '../../packages/server/src/store/usage-read.ts';
import type { ClientKey, TestReceiver } from '../../test/helpers/receiver.ts';
import { type RestClient, randomObject, restClientOf } from '../../test/helpers/rest-client.ts';
import { filesBelow, partialObjects } from '../../test/helpers/store-files.ts';

/** How many sessions race. */
const racers = 8;

type Random = (below: number) => number;

interface Batch {
  readonly receiver: TestReceiver;
  readonly source: string;
  readonly key: ClientKey;
  /** Races. */
  readonly count: number;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** What came of the races over one source. */
export interface Raced {
  /** Everything that was not as it must be, in words. */
  readonly wrong: readonly string[];
  /** How often a session that came second with the right bytes was answered 200 all the same. */
  readonly same: number;
}

/**
 * Lets 8 sessions of `source` send one name at a time, `count` times: all the same bytes; or some of them others; or as
 * `config`, whose name says nothing of its bytes. Afterwards the source's journal must know each object once.
 */
export const raceOn = async ({ receiver, source, key, count, random, signal }: Batch): Promise<Raced> => {
  const wrong: string[] = [];
  let same = 0;
  const names: string[] = [];
  {
    await using line = await startLine(receiver, source, key);
    for (let race = 0; race < count; race += 1) {
      signal.throwIfAborted();
      const isConfig = random(8) === 0;
      const result = isConfig ? await raceForConfig(line.clients, random) : await raceForObject(line.clients, random);
      if (result.name !== null) names.push(result.name);
      wrong.push(...result.wrong.map((words) => `${source}, race ${race}: ${words}`));
      same += result.same;
    }
  }
  const directory = join(receiver.dataDir, 'sources', source);
  wrong.push(...(await audit(directory, names)).map((words) => `${source}: ${words}`));
  return { wrong, same };
};

const startLine = async (receiver: TestReceiver, source: string, key: ClientKey) => {
  const clients = await Promise.all(Array.from({ length: racers }, () => restClientOf(receiver, source, key)));
  return {
    clients,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
  };
};

interface Race extends Raced {
  readonly name: string | null;
}

/** Right bytes from all or some; the others send as many other bytes. */
const raceForObject = async (clients: readonly RestClient[], random: Random): Promise<Race> => {
  const { bytes, name, path } = randomObject(1 + random([200, 20_000, 200_000][random(3)] ?? 200));
  const liars = random(2) === 0 ? 0 : 1 + random(racers - 1);
  const isRight = clients.map((_, index) => index >= liars);
  const order = shuffled(isRight, random);
  const answers = await Promise.all(
    clients.map((client, index) =>
      send(client, path, order[index] === true ? bytes : randomBytes(bytes.length), random(4) === 0 ? random(5) : null),
    ),
  );
  const wrong: string[] = [];
  for (const [index, status] of answers.entries()) {
    const allowed = order[index] === true ? [200] : [400, 403];
    if (!allowed.includes(status)) wrong.push(`${order[index] ? 'right' : 'other'} bytes were answered ${status}`);
  }
  if (!(await holds(clients, path, bytes, random))) wrong.push(`${name} has other bytes`);
  return { name, wrong, same: answers.filter((status) => status === 200).length - 1 };
};

/** Up to four configurations at once: one of them wins, and who sent that one is told so. */
const raceForConfig = async (clients: readonly RestClient[], random: Random): Promise<Race> => {
  const kinds = Array.from({ length: 1 + random(4) }, () => randomBytes(1 + random(300)));
  const sent = clients.map(() => kinds[random(kinds.length)] ?? randomBytes(1));
  const answers = await Promise.all(clients.map((client, index) => send(client, '/config', sent[index] ?? null, null)));
  const wrong: string[] = [];
  const winners = new Set(sent.filter((_, index) => answers[index] === 200));
  if (winners.size !== 1) wrong.push(`${winners.size} configurations won`);
  for (const [index, status] of answers.entries()) {
    const allowed = winners.has(sent[index] ?? Buffer.alloc(0)) ? 200 : 403;
    if (status !== allowed) wrong.push(`a configuration was answered ${status} and not ${allowed}`);
  }
  for (const winner of winners) {
    if (!(await holds(clients, '/config', winner, random))) wrong.push('config has other bytes than its winner’s');
  }
  const [client] = clients;
  if ((await client?.request('DELETE', '/config'))?.status !== 200) wrong.push('config could not be deleted');
  return { name: null, wrong, same: answers.filter((status) => status === 200).length - 1 };
};

/** Sends it whole, or its second half `pauseMs` after its first. Answers with the status. */
const send = async (
  client: RestClient,
  path: string,
  bytes: Buffer | null,
  pauseMs: number | null,
): Promise<number> => {
  if (pauseMs === null || bytes === null) return (await client.request('POST', path, bytes)).status;
  const stream = client.upload(path, bytes.length);
  const status = new Promise<number>((resolve) => {
    stream.once('response', (headers) => resolve(Number(headers[':status'])));
    stream.once('close', () => resolve(0));
  });
  stream.resume();
  stream.write(bytes.subarray(0, bytes.length >> 1));
  await sleep(pauseMs);
  stream.end(bytes.subarray(bytes.length >> 1));
  return status;
};

const holds = async (clients: readonly RestClient[], path: string, bytes: Buffer, random: Random): Promise<boolean> => {
  const answer = await clients[random(clients.length)]?.request('GET', path);
  return answer?.status === 200 && answer.body.equals(bytes);
};

const shuffled = <T>(items: readonly T[], random: Random): readonly T[] =>
  items
    .map((item) => ({ item, at: random(1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** What is wrong on the disk and in the journal after the races. */
const audit = async (directory: string, names: readonly string[]): Promise<readonly string[]> => {
  const wrong: string[] = [];
  const repo = join(directory, 'repo');
  for (const file of await partialObjects(repo)) wrong.push(`${file} is not whole`);
  const journaled = fold();
  const puts = new Map<string, number>();
  await readJournal({
    disk: nodeDisk,
    folder: join(directory, 'journal'),
    from: beginning,
    visit: (placed) => {
      journaled.add(placed);
      const { record } = placed;
      if (isChange(record) && record.op === 'put') puts.set(record.id.name, (puts.get(record.id.name) ?? 0) + 1);
    },
  });
  for (const name of names) {
    if (!journaled.live.has(`data/${name}`)) wrong.push(`${name} is not live in the journal`);
    if (puts.get(name) !== 1) wrong.push(`${name} was put ${puts.get(name) ?? 0} times`);
  }
  const there = (await filesBelow(repo)).length;
  if (there !== names.length) wrong.push(`${there} objects are there and not ${names.length}`);
  const { live } = await readUsage(nodeDisk, directory);
  if (live.objects !== there) wrong.push(`usage counts ${live.objects} live objects and not ${there}`);
  const left = (await filesBelow(join(directory, 'incoming'))).length;
  if (left > 0) wrong.push(`${left} uploads were left`);
  return wrong;
};
