import { expect, test } from 'vitest';
import { createLines } from './lines.ts';

const linesOf = (text: string, longest: number, size: number): readonly string[] => {
  const lines: string[] = [];
  const cutter = createLines(longest, (line) => lines.push(line));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) cutter.write(bytes.subarray(at, at + size));
  cutter.end();
  return lines;
};

test.each([1, 2, 3, 7, 100])('lines are the same however the bytes arrive, %i at a time', (size) => {
  expect(linesOf('één\r\nzwei\n\ndrei 🚢', 100, size)).toEqual(['één', 'zwei', '', 'drei 🚢']);
});

test.each([1, 3, 100])('a line without end is cut once and the next one is whole (%i at a time)', (size) => {
  expect(linesOf(`${'x'.repeat(50)}\nnext\n`, 10, size)).toEqual(['x'.repeat(10), 'next']);
});
