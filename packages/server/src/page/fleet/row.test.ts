import { expect, test } from 'vitest';
import { standings } from '../../digest/standing.ts';
import { exampleNowMs, exampleSource } from '../../monitor/testing.ts';
import { freshness, nowWords, sourceRow, trend } from './row.ts';

const reader = { nowMs: exampleNowMs, timeZone: 'Europe/Berlin' };
const hourMs = 3_600_000;
const aged = (hours: number) =>
  exampleSource('laptop', 'fine', exampleNowMs, {
    lastSuccessMs: exampleNowMs - hours * hourMs,
    overdueAtMs: exampleNowMs + (48 - hours) * hourMs,
  });
const barOf = (hours: number) => /<rect class="(\w+)" width="([\d.]+)"/.exec(freshness(aged(hours), reader).toString());

test('the bar of freshness is full when a source is overdue, by its own cadence', () => {
  expect(barOf(0)?.slice(1)).toEqual(['ok', '0']);
  expect(barOf(24)?.slice(1)).toEqual(['ok', '50']);
  expect(barOf(36)?.slice(1)).toEqual(['warn', '75']);
  expect(barOf(48)?.slice(1)).toEqual(['bad', '100']);
  expect(barOf(500)?.slice(1)).toEqual(['bad', '100']);
});

test('a standing is a word and a symbol of its own, never a colour alone', () => {
  const source = exampleSource('laptop');
  const seen = standings.map((standing) => {
    const made = sourceRow({ source, standing }, reader).toString();
    expect(made).toContain(`#i-${standing}`);
    return /<span class="\w+">([^<]+)</.exec(made)?.[1];
  });
  expect(new Set(seen).size).toBe(standings.length);
});

test('what a source does now is said, and else when it will', () => {
  const now = (change: Parameters<typeof exampleSource>[3]) =>
    nowWords(exampleSource('laptop', 'fine', exampleNowMs, change), reader)
      .toString()
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  const sinceMs = exampleNowMs - 720_000;
  expect(now({ now: { kind: 'running', sinceMs, step: 'backup', percent: 41.9 } })).toBe('running 41 % backup for 12m');
  expect(now({ now: { kind: 'running', sinceMs, step: null, percent: null } })).toBe('running for 12m');
  expect(now({ now: { kind: 'waiting', sinceMs, position: 3 } })).toBe('waiting place 3 in the queue');
  expect(now({ nextSlotMs: exampleNowMs + 15 * hourMs })).toBe('tonight 22:00');
  expect(now({ nextSlotMs: exampleNowMs - hourMs })).toBe('due now');
  expect(now({ access: 'sftp', nextSlotMs: null })).toBe('by itself about every 1d');
});

test('fourteen days are told to whoever does not see them', () => {
  const words = /aria-label="([^"]*)"/.exec(trend(exampleSource('laptop', 'failing').trend).toString());
  expect(words?.[1]).toBe('14 days: 13 good, 1 failed');
});
