import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { eventually, isRoot, withReceiver } from './helpers/receiver.ts';
import { type RestClient, randomObject, restClientOf } from './helpers/rest-client.ts';
import { filesBelow, partialObjects } from './helpers/store-files.ts';

/** A receiver whose data is on a file system of `size`. */
const withSmallDisk = async (size: string) => {
  const receiver = await withReceiver({ start: false });
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'berth-test', receiver.dataDir]);
  const unmount = () => execa('umount', ['-l', receiver.dataDir]);
  return {
    receiver,
    [Symbol.asyncDispose]: async () => {
      await receiver.stop();
      await unmount();
      await receiver[Symbol.asyncDispose]();
    },
  };
};

const fillUp = async (client: RestClient): Promise<readonly string[]> => {
  const stored: string[] = [];
  for (;;) {
    const { bytes, path, name } = randomObject(1_000_000);
    const { status, body } = await client.request('POST', path, bytes);
    if (status !== 200) {
      expect([status, body.toString()]).toEqual([507, "the server's disk is full\n"]);
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
  await receiver.writeSources({ alpha: { uid: 31_001, keys: [key.line] } });
  await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));
  const directory = join(receiver.dataDir, 'sources/alpha');
  const ballast = join(receiver.dataDir, 'ballast');
  await writeFile(ballast, Buffer.alloc(5_000_000));

  await using client = await restClientOf(receiver, 'alpha', key);
  const stored = await fillUp(client);
  expect(stored.length).toBeGreaterThan(2);
  expect(await filesBelow(join(directory, 'incoming'))).toEqual([]);
  expect(await partialObjects(join(directory, 'repo'))).toEqual([]);
  expect(await filesBelow(join(directory, 'repo'))).toHaveLength(stored.length);

  await rm(ballast);
  const { bytes, path } = randomObject(1_000_000);
  expect((await client.request('POST', path, bytes)).status).toBe(200);
  expect((await client.request('GET', path)).body.equals(bytes)).toBe(true);
});
