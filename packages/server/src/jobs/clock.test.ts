import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ClockGuard, clockOf, readClock, trustClock } from './clock.ts';
import { type ClockSample, trustFrom } from './clock-judge.ts';

const day = 86_400_000;
let data = '';
let ahead = 0;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'berth-clock-'));
  ahead = 0;
});
afterEach(() => rm(data, { recursive: true }));

const file = (): string => join(data, 'clock.json');
const forged = (): ClockSample => ({ ...readClock(), wallMs: Date.now() + ahead });
const guarded = (): ClockGuard => new ClockGuard(data, pino({ level: 'silent' }), forged);

test('a jump is remembered over a restart of the server, and ends when the clock is back', async () => {
  const first = guarded();
  expect((await first.look()).trusted).toBe(true);
  ahead = 10 * 365 * day;
  const { trusted, word } = await first.look();
  expect(trusted).toBe(false);
  expect(word).toMatchObject({ raise: { code: 'clock-jump', text: expect.stringContaining('forward by 3650d') } });
  await first.stop();
  const second = guarded();
  expect((await second.look()).trusted).toBe(false);
  ahead = 0;
  expect(await second.look()).toEqual({ trusted: true, word: { resolve: 'clock-jump' } });
  expect(clockOf(data).trusted).toBe(true);
});

test('a server that runs sees that an admin has confirmed the clock', async () => {
  const guard = guarded();
  await guard.look();
  const before = { ...readClock(), wallMs: Date.now() - 3 * day };
  await writeFile(file(), JSON.stringify(trustFrom(before)));
  expect((await guard.look()).trusted).toBe(false);
  expect(clockOf(data)).toMatchObject({ trusted: false, jump: { before: { wallMs: before.wallMs } } });
  await trustClock(data);
  expect((await guard.look()).trusted).toBe(true);
});

test('what is known is not written again and again: a disk may sleep', async () => {
  const guard = guarded();
  await guard.look();
  const written = await readFile(file(), 'utf8');
  await guard.look();
  expect(await readFile(file(), 'utf8')).toBe(written);
});

test('a broken file is set aside, and purging waits for an admin', async () => {
  await writeFile(file(), '{"version":1,"anchor":');
  expect(clockOf(data).trusted).toBe(false);
  const guard = guarded();
  expect((await guard.look()).trusted).toBe(false);
  expect(await readFile(`${file()}.broken`, 'utf8')).toContain('anchor');
  expect((await guarded().look()).trusted).toBe(false);
  await trustClock(data);
  expect((await guard.look()).trusted).toBe(true);
});

test('a jump that the disk did not take is remembered, and so is when it ended', async () => {
  const guard = guarded();
  await guard.look();
  // In the way of the new file, whoever runs the test.
  await mkdir(join(`${file()}.new`, 'full'), { recursive: true });
  ahead = 10 * 365 * day;
  expect((await guard.look()).trusted).toBe(false);
  ahead = 0;
  expect((await guard.look()).trusted).toBe(true);
  await rm(`${file()}.new`, { recursive: true });
  await guard.look();
  expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ jump: null, settledAtMs: expect.any(Number) });
});
