import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configOf, publicKeyLine } from '../../sources/testing.ts';
import { addChange, changeBetween, readChanges } from './changes.ts';

let data = '';
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'berth-changes-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const sources = (count: number) =>
  configOf(
    `sources:\n${Array.from({ length: count }, (_, index) => `  host-${index}: { uid: ${1001 + index}, key: '${publicKeyLine(index)}' }\n`).join('')}`,
  );

test('what takes effect is a change, in the words of check; the same again is none', () => {
  expect(changeBetween(sources(1), sources(1), 5)).toBeNull();
  expect(changeBetween(sources(1), sources(2), 5)).toMatchObject({
    atMs: 5,
    lines: [expect.stringMatching(/^\+ host-1: UID 1002/)],
  });
});

test('changes are kept in order, for the server alone, and a torn line costs only itself', () => {
  addChange(data, { atMs: 1000, lines: ['+ one'] });
  appendFileSync(join(data, 'changes.jsonl'), '{"at":');
  addChange(data, { atMs: 2000, lines: ['- one'] });
  expect(readChanges(data, 0)).toEqual([
    { atMs: 1000, lines: ['+ one'] },
    { atMs: 2000, lines: ['- one'] },
  ]);
  expect(readChanges(data, 1500)).toHaveLength(1);
  expect(statSync(join(data, 'changes.jsonl')).mode & 0o777).toBe(0o600);
});

test('however much changes, the file stays small', () => {
  const change = changeBetween(sources(1), sources(400), 1);
  expect(change?.lines).toHaveLength(201);
  expect(change?.lines.at(-1)).toBe('… and 199 lines more');
  const line = (at: number): string => `${JSON.stringify({ at: new Date(at).toISOString(), lines: ['~ one'] })}\n`;
  writeFileSync(join(data, 'changes.jsonl'), Array.from({ length: 509 }, (_, at) => line(at)).join(''));
  addChange(data, { atMs: 509, lines: ['~ one'] });
  expect(readChanges(data, 0)).toHaveLength(500);
  expect(readFileSync(join(data, 'changes.jsonl'), 'utf8')).not.toContain('"1970-01-01T00:00:00.005Z"');
});
