import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { cuttingProxy } from './helpers/cutting-proxy.ts';
import { runSeed, seededRandom } from './helpers/random.ts';
import { eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { filesBelow, partialObjects } from './helpers/store-files.ts';

const megabyte = 1_000_000;

const withAlpha = async () => {
  const receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ alpha: { uid: 31_001, keys: [key.line] } });
  await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));
  const directory = join(receiver.dataDir, 'sources/alpha');
  return { receiver, key, directory, repo: join(directory, 'repo'), incoming: join(directory, 'incoming') };
};

test('an upload cut at 100 random places leaves nothing, and the retry succeeds each time', async () => {
  const { receiver, key, repo, incoming } = await withAlpha();
  await using _receiver = receiver;
  const seed = runSeed();
  const random = seededRandom(seed);
  let cutAfter = 0;
  await using proxy = await cuttingProxy(receiver.port, () => cutAfter);
  await using retrying = await restClientOf(receiver, 'alpha', key);

  const acknowledged: string[] = [];
  for (let round = 0; round < 100; round += 1) {
    const { bytes, name, path } = randomObject(megabyte);
    cutAfter = 1 + random(megabyte + 20_000);
    await using cut = await restClientOf(receiver, 'alpha', key, proxy.port);
    const first = await cut.request('POST', path, bytes).then(
      ({ status }) => status,
      () => 'cut' as const,
    );
    const retry = await retrying.request('POST', path, bytes);
    expect([first === 'cut' || first === 200, retry.status], `seed ${seed}, round ${round}`).toEqual([true, 200]);
    acknowledged.push(name);
  }
  await eventually('no upload is left', 5000, async () => (await filesBelow(incoming)).length === 0);
  expect(await partialObjects(repo)).toEqual([]);
  const stored = new Set((await filesBelow(repo)).map((file) => file.split('/').at(-1)));
  expect(acknowledged.filter((name) => !stored.has(name))).toEqual([]);
  expect(stored.size).toBe(acknowledged.length);
}, 300_000);

/** The sessions that are in the middle of an upload, by process number: the store's folders tell. */
const sessionsOf = async (incoming: string): Promise<readonly number[]> => (await readdir(incoming)).map(Number);

test('a session killed with SIGKILL 100 times in an upload never shows a partial object and loses none it acknowledged', async () => {
  const { receiver, key, directory, repo, incoming } = await withAlpha();
  await using _receiver = receiver;
  const seed = runSeed();
  const random = seededRandom(seed);
  const acknowledged: string[] = [];
  let killed = 0;

  for (let round = 0; round < 100; round += 1) {
    await using client = await restClientOf(receiver, 'alpha', key);
    const before = randomObject(1000);
    expect((await client.request('POST', before.path, before.bytes)).status).toBe(200);
    acknowledged.push(before.name);

    const { bytes, name, path } = randomObject(megabyte);
    const [pid] = await sessionsOf(incoming);
    if (pid === undefined) throw new Error('a session that answers has a folder');
    const upload = client.upload(path, bytes.length);
    const answered = new Promise<boolean>((resolve) => {
      upload.on('response', (headers) => resolve(headers[':status'] === 200));
      upload.on('close', () => resolve(false));
    });
    // Half of the kills fall into the body, half anywhere around publishing and the answer.
    const inBody = round % 2 === 0;
    upload.write(bytes.subarray(0, inBody ? 1 + random(bytes.length - 1) : bytes.length));
    if (!inBody) upload.end();
    await sleep(random(inBody ? 10 : 25));
    process.kill(pid, 'SIGKILL');
    if (await answered) acknowledged.push(name);
    else killed += 1;
  }

  expect(await partialObjects(repo), `seed ${seed}`).toEqual([]);
  const stored = new Set((await filesBelow(repo)).map((file) => file.split('/').at(-1)));
  expect(
    acknowledged.filter((name) => !stored.has(name)),
    `seed ${seed}`,
  ).toEqual([]);
  expect(killed).toBeGreaterThanOrEqual(50);

  await using last = await restClientOf(receiver, 'alpha', key);
  expect((await last.request('GET', '/data/')).status).toBe(200);
  expect(await filesBelow(incoming)).toEqual([]);
  expect(await journaled(directory)).toEqual(expect.arrayContaining(acknowledged));
}, 300_000);

const journaled = async (directory: string): Promise<readonly string[]> => {
  const folder = join(directory, 'journal');
  const files = (await filesBelow(folder)).filter((file) => file.endsWith('.jsonl'));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => String(JSON.parse(line).name));
};

test('what one session acknowledged, the next one serves, byte for byte', async () => {
  const { receiver, key } = await withAlpha();
  await using _receiver: TestReceiver = receiver;
  const objects = Array.from({ length: 20 }, (_, index) => randomObject(index * 50_000));
  {
    await using client = await restClientOf(receiver, 'alpha', key);
    const sent = await Promise.all(objects.map(({ path, bytes }) => client.request('POST', path, bytes)));
    expect(sent.every(({ status }) => status === 200)).toBe(true);
  }
  await using client = await restClientOf(receiver, 'alpha', key);
  for (const { path, bytes } of objects) expect((await client.request('GET', path)).body.equals(bytes)).toBe(true);
});
