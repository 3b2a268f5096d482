import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ageJournal } from './helpers/age-journal.ts';
import type { ClientKey } from './helpers/door.ts';
import { eventually, isRoot, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { filesBelow } from './helpers/store-files.ts';

const amount = z.object({ bytes: z.number(), objects: z.number() });
const answer = z.object({
  purged: amount,
  frozen: z.object({ what: z.string(), from: z.object({ seq: z.number() }) }).nullable(),
  due: amount,
  waiting: amount,
});

const purge = async (receiver: TestReceiver, source: string, ...words: readonly string[]) => {
  const { exitCode, stdout, stderr } = await receiver.cli(
    'purge',
    source,
    '--json',
    '--data',
    receiver.dataDir,
    ...words,
  );
  if (stdout === '') throw new Error(stderr);
  return { exitCode, ...answer.parse(JSON.parse(stdout)) };
};
const trashOf = (receiver: TestReceiver, source: string) =>
  filesBelow(join(receiver.dataDir, 'sources', source, 'trash'));

/** Stores `count` packs and as many snapshots, and answers with their paths. */
const store = async (
  receiver: TestReceiver,
  source: string,
  key: ClientKey,
  count: number,
): Promise<readonly string[]> => {
  await using client = await restClientOf(receiver, source, key);
  const objects = ['data', 'snapshots'].flatMap((type) =>
    Array.from({ length: count }, () => randomObject(1000, type)),
  );
  for (const { path, bytes } of objects) expect((await client.request('POST', path, bytes)).status).toBe(200);
  return objects.map(({ path }) => path);
};
const remove = async (
  receiver: TestReceiver,
  source: string,
  key: ClientKey,
  paths: readonly string[],
): Promise<void> => {
  await using client = await restClientOf(receiver, source, key);
  for (const path of paths) expect((await client.request('DELETE', path)).status).toBe(200);
};

for (const mode of ['root', 'rootless'] as const) {
  test.skipIf(mode === 'root' && !isRoot)(
    `${mode}: the trash goes after its time, stays frozen after a wipe until it is released, and no neighbour is touched`,
    { timeout: 300_000 },
    async () => {
      await using receiver = await withReceiver({ mode });
      const keys = { laptop: await receiver.makeKey(), desk: await receiver.makeKey() };
      await receiver.writeSources({
        laptop: { uid: 201, keys: [keys.laptop.line], more: { protect: '30d' } },
        desk: { uid: 202, keys: [keys.desk.line] },
      });
      await eventually('they are in force', 10_000, async () => receiver.log.includes('"sources":2'));
      const [first = '', ...rest] = await store(receiver, 'laptop', keys.laptop, 5);
      const [theirs = ''] = await store(receiver, 'desk', keys.desk, 5);
      await remove(receiver, 'laptop', keys.laptop, [first]);
      await remove(receiver, 'desk', keys.desk, [theirs]);

      await ageJournal(receiver.dataDir, 'laptop', 29);
      expect(await purge(receiver, 'laptop')).toMatchObject({
        exitCode: 0,
        purged: { objects: 0 },
        waiting: { objects: 1 },
      });
      await ageJournal(receiver.dataDir, 'laptop', 2);
      expect(await purge(receiver, 'laptop', '--dry-run')).toMatchObject({
        purged: { objects: 0 },
        due: { objects: 1 },
      });
      expect(await trashOf(receiver, 'laptop')).toHaveLength(1);
      expect(await purge(receiver, 'laptop')).toMatchObject({ exitCode: 0, purged: { objects: 1, bytes: 1000 } });
      expect(await trashOf(receiver, 'laptop')).toEqual([]);

      await remove(receiver, 'laptop', keys.laptop, rest);
      await ageJournal(receiver.dataDir, 'laptop', 300);
      const frozen = await purge(receiver, 'laptop');
      expect(frozen).toMatchObject({ exitCode: 3, purged: { objects: 0 }, due: { objects: 9 } });
      expect(await trashOf(receiver, 'laptop')).toHaveLength(9);
      const before = ['--to', String(frozen.frozen?.from.seq), '--dry-run', '--json', '--data', receiver.dataDir];
      const { stdout } = await receiver.cli('rewind', 'laptop', ...before);
      expect(JSON.parse(stdout)).toMatchObject({ plan: { snapshots: { now: 0, after: 5 } } });

      const unasked = await receiver.cli('release', 'laptop', '--data', receiver.dataDir);
      expect(unasked.stdout).toMatch(
        /FROZEN.*100% of its.*5 snapshots and 4 other objects.*9 objects.*past protection/s,
      );
      expect([unasked.exitCode, unasked.stderr]).toEqual([1, expect.stringContaining('--yes')]);
      expect(await purge(receiver, 'laptop')).toMatchObject({ exitCode: 3 });
      const released = await receiver.cli('release', 'laptop', '--yes', '--data', receiver.dataDir);
      expect(released).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('Released') });
      expect(await purge(receiver, 'laptop')).toMatchObject({ exitCode: 0, purged: { objects: 9 }, frozen: null });
      const again = await receiver.cli('release', 'laptop', '--yes', '--data', receiver.dataDir);
      expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not frozen') });

      expect(await trashOf(receiver, 'desk')).toHaveLength(1);
      expect(await purge(receiver, 'desk')).toMatchObject({
        exitCode: 0,
        purged: { objects: 0 },
        waiting: { objects: 1 },
      });
    },
  );
}

test.skipIf(!isRoot)('a source that uploads plain files has no trash to purge or release, and is told so', async () => {
  await using receiver = await withReceiver();
  const { line } = await receiver.makeKey();
  await receiver.writeSources({ scanner: { uid: 203, keys: [line], more: { access: 'sftp' } } });
  await eventually('it is in force', 10_000, async () => receiver.log.includes('"sources":1'));
  for (const command of ['purge', 'release']) {
    const refused = await receiver.cli(command, 'scanner', '--data', receiver.dataDir);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('uploads plain files by SFTP') });
  }
});
