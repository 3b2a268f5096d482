import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { lineOf, linesOf } from './lines.ts';

const read = async (chunks: readonly string[], longest = 10): Promise<readonly (string | null)[]> =>
  Array.fromAsync(linesOf(Readable.from(chunks), longest));

test('lines come one by one, wherever the chunks are cut; one without its end does not', async () => {
  expect(await read(['a\nb', 'c\n\nd\n', 'e'])).toEqual(['a', 'bc', '', 'd']);
});

test('a line that is too long is null, and costs no more memory than the longest', async () => {
  expect(await read(['12345', '67890', '\nfits\n', '12345678901\n', 'ok\n'])).toEqual([
    '1234567890',
    'fits',
    null,
    'ok',
  ]);
  let sent = 0;
  async function* endless(): AsyncGenerator<string> {
    for (; sent < 300; sent += 1) yield 'x'.repeat(1024 * 1024);
    yield '\nafter\n';
  }
  const before = process.memoryUsage().heapUsed;
  expect(await Array.fromAsync(linesOf(endless(), 1000))).toEqual([null, 'after']);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 ** 2);
});

test('a message is one line to whoever reads it, whatever is written in it', async () => {
  const message = { text: 'a\u2028b\u2029c\nd\re' };
  const lines = await Array.fromAsync(createInterface({ input: Readable.from([lineOf(message)]) }));
  expect(lines.map((line) => JSON.parse(line))).toEqual([message]);
});
