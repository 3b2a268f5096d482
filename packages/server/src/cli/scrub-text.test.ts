import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { progressBar, progressText } from './progress-bar.ts';
import { scrubAdvice, scrubText } from './scrub-text.ts';

const name = 'ab'.repeat(32);
const bad = { type: 'data', name, where: 'live', reason: 'hash', quarantined: true, restoredFromTrash: false } as const;
const cycle = { startedAt: Date.UTC(2026, 10, 1), objects: 9, bytes: 4096, bad: 1, endedAt: null };
const result = { checked: 3, bytes: 1024, bad: [bad], cycle, stopped: null, notes: [] };

const textOf = (changes: Partial<Parameters<typeof scrubText>[0]>): string => {
  const changed = { ...result, ...changes };
  const advice = scrubAdvice(changed.bad, 'laptop');
  return stripVTControlCharacters(scrubText(changed, { source: 'laptop', all: false, advice }));
};

test('what is bad is named with what is wrong with it, where it is now, and what to do next', () => {
  expect(textOf({})).toBe(`laptop: 3 objects, 1 KiB read: 1 bad
BAD  data/${name}  its bytes have changed; in quarantine
checked since 2026-11-01: 9 objects, 4 KiB; the rest is still to come

What to do, in this order (each step in docs/runbooks/bit-rot.md):
data: parts of files. Put it back from another copy, or on the machine: restic rebuild-index, then berth backup
`);
  expect(textOf({ bad: [{ ...bad, where: 'trash', type: 'index', reason: 'EIO', quarantined: false }] })).toContain(
    `BAD  trash/index/${name}  it can not be read (EIO); left where it is: it could not be moved`,
  );
  expect(textOf({ bad: [{ ...bad, restoredFromTrash: true }] })).toContain('Nothing to do');
});

test('a disk that fails is said to be one, and a scrub that was stopped or has nothing due says so', () => {
  expect(textOf({ stopped: 'failing-disk' })).toContain('That is the disk, its cable or its controller.');
  expect(textOf({ bad: [], stopped: 'signal' })).toContain('goes on from there');
  expect(textOf({ bad: [], checked: 0 })).toContain('berth-server scrub laptop --all');
  expect(textOf({ bad: [], cycle: { ...cycle, bad: 0, endedAt: 1 } })).toContain('with this, everything was checked');
});

test('the bar fits its terminal, and is not drawn where nobody watches', () => {
  const progress = { objects: 12, bytes: 1024, totalBytes: 4096 };
  expect(progressText(progress, 80)).toBe('[########......................]  25 %  1 KiB of 4 KiB, 12 objects');
  for (const width of [10, 40, 50]) expect(progressText(progress, width).length).toBeLessThanOrEqual(width);
  expect(progressText({ ...progress, totalBytes: 0 }, 80)).toContain('100 %');
  const written: string[] = [];
  const write = (text: string) => written.push(text);
  progressBar({ isTTY: false, write }, true).show(progress);
  progressBar({ isTTY: true, write }, false).show(progress);
  expect(written).toEqual([]);
  const bar = progressBar({ isTTY: true, columns: 80, write }, true);
  bar.show(progress);
  bar.clear();
  bar.clear();
  expect(written).toHaveLength(2);
});
