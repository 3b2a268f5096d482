import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Raised } from './condition.ts';
import { readConditions, readEvents } from './files.ts';
import { recordConditions } from './record.ts';

let data = '';
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-events-'));
});
afterEach(() => rm(data, { recursive: true }));

const at = Date.parse('2026-11-14T02:00:00Z');
const about = (subject: string): Raised => ({
  code: 'bit-rot',
  source: 'laptop',
  subject,
  severity: 'critical',
  text: `${subject} was damaged.`,
  remedy: 'Back up again.',
});
const keys = (): readonly string[] => readConditions(data).map(({ key }) => key);

test('what many say at once is all recorded', async () => {
  const subjects = Array.from({ length: 20 }, (_, index) => `data/${index}`);
  await Promise.all(subjects.map((subject) => recordConditions(data, [{ raise: about(subject) }], at)));
  expect([...keys()].sort()).toEqual(subjects.map((subject) => `bit-rot:laptop:${subject}`).sort());
  expect(readEvents(data)).toHaveLength(20);
});

test('the history goes on behind a torn line, and behind lines that are none of ours', async () => {
  await recordConditions(data, [{ raise: about('a') }], at);
  await appendFile(join(data, 'events.jsonl'), 'nonsense\n{"version":1,"at":"2026-11-14T0');
  await recordConditions(data, [{ resolve: 'bit-rot:laptop:a' }], at + 1000);
  expect(readEvents(data).map(({ event }) => event)).toEqual(['raised', 'resolved']);
});

test('a broken list of what is open is set aside and said, and what is so now is recorded', async () => {
  await writeFile(join(data, 'conditions.json'), '{"version":1,"conditions":[{"key"');
  expect(readConditions(data)).toEqual([]);
  await recordConditions(data, [{ raise: about('a') }], at);
  expect(keys()).toEqual(['bit-rot:laptop:a', 'file-broken::conditions.json']);
  expect(await readFile(join(data, 'conditions.json.broken'), 'utf8')).toContain('{"key"');
});

test('the history is bounded, and its last part stays', async () => {
  const line = `${JSON.stringify({ pad: 'x'.repeat(1000) })}\n`;
  for (const subject of ['a', 'b', 'c']) {
    await appendFile(join(data, 'events.jsonl'), line.repeat(1100));
    await recordConditions(data, [{ raise: about(subject) }], at);
  }
  expect((await readdir(data)).filter((name) => name.startsWith('events')).sort()).toEqual([
    'events.1.jsonl',
    'events.jsonl',
    'events.lock',
  ]);
  expect(readEvents(data).map(({ key }) => key)).toEqual(['bit-rot:laptop:b', 'bit-rot:laptop:c']);
});

test('a command that dies while it holds the lock holds up nobody', async () => {
  await recordConditions(data, [{ raise: about('a') }], at);
  const program = `
    import { exclusively } from ${JSON.stringify(join(import.meta.dirname, 'exclusive.ts'))};
    await exclusively(${JSON.stringify(data)}, () => process.kill(process.pid, 'SIGKILL'));`;
  await execa(process.execPath, ['--input-type=module', '--eval', program], { reject: false, timeout: 20_000 });
  const started = performance.now();
  await recordConditions(data, [{ raise: about('b') }], at);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(keys()).toHaveLength(2);
});
