import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, isRoot } from './helpers/receiver.ts';
import { type RestClient, randomObject, restClientOf } from './helpers/rest-client.ts';
import { withSmallDisk } from './helpers/small-disk.ts';
import { sourcesText } from './helpers/sources-text.ts';
import { filesBelow, partialObjects } from './helpers/store-files.ts';

/** Stores until the server refuses with `words`, and answers with what it took. */
const fillUp = async (client: RestClient, words: string): Promise<readonly string[]> => {
  const stored: string[] = [];
  for (;;) {
    const { bytes, path, name } = randomObject(1_000_000);
    const { status, body } = await client.request('POST', path, bytes);
    if (status !== 200) {
      expect([status, body.toString()]).toEqual([507, `${words}\n`]);
      return stored;
    }
    stored.push(name);
    expect(stored.length).toBeLessThan(20);
  }
};

test('a full disk answers 507, leaves nothing behind, and works again in the same session when space returns', async (context) => {
  context.skip(!isRoot, 'mounting a small disk needs root');
  await using disk = await withSmallDisk('12m');
  const { receiver } = disk;
  await receiver.start();
  const key = await receiver.makeKey();
  await receiver.writeConfig(`server: { floor: 0 }\n${sourcesText({ alpha: { uid: 31_001, keys: [key.line] } })}`);
  await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));
  const directory = join(receiver.dataDir, 'sources/alpha');
  const ballast = join(receiver.dataDir, 'ballast');
  await writeFile(ballast, Buffer.alloc(5_000_000));

  await using client = await restClientOf(receiver, 'alpha', key);
  const stored = await fillUp(client, "the server's disk is full");
  expect(stored.length).toBeGreaterThan(2);
  expect(await filesBelow(join(directory, 'incoming'))).toEqual([]);
  expect(await partialObjects(join(directory, 'repo'))).toEqual([]);
  expect(await filesBelow(join(directory, 'repo'))).toHaveLength(stored.length);

  await rm(ballast);
  const { bytes, path } = randomObject(1_000_000);
  expect((await client.request('POST', path, bytes)).status).toBe(200);
  expect((await client.request('GET', path)).body.equals(bytes)).toBe(true);
});

test('no source takes the last space of the disk, and what is there can be deleted and read', async (context) => {
  context.skip(!isRoot, 'mounting a small disk needs root');
  await using disk = await withSmallDisk('16m');
  const { receiver } = disk;
  await receiver.start();
  const key = await receiver.makeKey();
  await receiver.writeConfig(`server: { floor: 6M }\n${sourcesText({ alpha: { uid: 31_001, keys: [key.line] } })}`);
  await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));

  await using client = await restClientOf(receiver, 'alpha', key);
  const stored = await fillUp(client, "the server's disk is full but for what is kept free");
  expect(stored.length).toBeGreaterThan(4);
  const { bavail, bsize } = await statfs(receiver.dataDir);
  expect(bavail * bsize).toBeGreaterThanOrEqual(6 * 1024 ** 2);
  const [first, second] = stored;
  expect((await client.request('DELETE', `/data/${first}`)).status).toBe(200);
  expect((await client.request('GET', `/data/${second}`)).body).toHaveLength(1_000_000);
});
