import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeDisk } from './disk.ts';
import { noteMended, readMended } from './mended.ts';
import { openContext } from './open-context.ts';
import { formatRecord } from './record.ts';
import { monthOf } from './seq.ts';
import { bodyOf, objectOf, sourceDirectory, testStore } from './testing.ts';

const open = (directory: string) =>
  openContext({
    ...{ directory, disk: nodeDisk, now: () => new Date(), pid: 4, isAlive: () => false, quotaBytes: null },
    ...{ floorBytes: 0, presence: 'shared' },
  });

test('what an opening finishes of a power cut, it says, beside the journal and to whoever opened', async () => {
  await using source = await sourceDirectory();
  const { id, bytes } = objectOf('half gone', 'index');
  const first = await testStore(source.directory, { pid: 1 });
  await first.put(id, bodyOf(bytes), 9);
  await first.close();
  const journal = join(source.directory, 'journal');
  await appendFile(
    join(journal, `${monthOf(new Date())}.jsonl`),
    `${formatRecord({ at: 0, op: 'trash', id, size: 9 })}\n`,
  );
  await rm(join(journal, 'usage.json'));
  await mkdir(join(source.directory, 'incoming/77'));
  await writeFile(join(source.directory, 'incoming/77/1'), 'unfinished');

  const { mended, close } = await open(source.directory);
  await close();
  expect(mended).toEqual([
    'finished 1 of the moves that its journal says were made',
    'counted anew what it occupies: the last count was missing, or not of this journal',
    'removed what 1 dead session had not finished',
  ]);
  expect((await readMended(nodeDisk, journal, 5)).map(({ what }) => what)).toEqual([mended]);
  const again = await open(source.directory);
  await again.close();
  expect(again.mended).toEqual([]);
});

test('the notes never grow past 64 KiB, and the last are the ones that are read', async () => {
  await using source = await sourceDirectory();
  const journal = join(source.directory, 'journal');
  for (let at = 0; at < 700; at += 1) await noteMended(nodeDisk, journal, { at, what: [`${at} ${'x'.repeat(150)}`] });
  expect(await nodeDisk.size(join(journal, 'mended.jsonl'))).toBeLessThan(66_000);
  expect((await readMended(nodeDisk, journal, 2)).map(({ at }) => at)).toEqual([698, 699]);
});
