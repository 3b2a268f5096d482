import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeReport } from './report-file.ts';
import { stage } from './testing.ts';

test('the newest 400 reports stay, and what is no report is left alone', async () => {
  await using it = await stage();
  const { report } = await it.run();
  const directory = await mkdtemp(join(tmpdir(), 'berth-reports-'));
  await writeFile(join(directory, 'notes.txt'), 'mine');
  for (let index = 0; index < 405; index += 1) {
    const startedAt = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString();
    await writeReport(directory, { ...report, startedAt }, () => undefined);
  }
  const files = (await readdir(directory)).toSorted();
  expect(files).toHaveLength(401);
  expect(files[0]).toMatch(/^20260101T000005/);
  expect(files.at(-1)).toBe('notes.txt');
  await rm(directory, { recursive: true });
});
