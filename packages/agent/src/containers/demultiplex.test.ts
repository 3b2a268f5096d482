import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { demultiplex } from './demultiplex.ts';
import { framed } from './fake-engine.ts';

const apart = async (chunks: readonly Uint8Array[]): Promise<Record<'stdout' | 'stderr', string>> => {
  const heard = { stdout: '', stderr: '' };
  for await (const { from, chunk } of demultiplex(Readable.from(chunks)))
    heard[from] += Buffer.from(chunk).toString('latin1');
  return heard;
};

test('both streams come apart whole, however the bytes were cut on their way', async () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.uint8Array({ maxLength: 40 })), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(pieces, fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 30 }), async (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(([stream, piece]) => framed(stream, piece)));
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (let turn = 0; at < bytes.length; turn += 1) {
        const length = (cuts[turn % cuts.length] ?? 0) + 1;
        chunks.push(bytes.subarray(at, at + length));
        at += length;
      }
      const of = (stream: number): string =>
        sent.flatMap(([number, piece]) => (number === stream ? [Buffer.from(piece).toString('latin1')] : [])).join('');
      expect(await apart(chunks)).toEqual({ stdout: of(1), stderr: of(2) });
    }),
    { numRuns: 50 },
  );
});

test('an end in the middle of a piece, or of a header, is no end', async () => {
  const bytes = framed(1, 'whole');
  await expect(apart([bytes.subarray(0, 10)])).rejects.toThrow('cut');
  await expect(apart([bytes.subarray(0, 5)])).rejects.toThrow('cut');
});

test('what has no headers, as a terminal sends it, is refused and not taken for a dump', async () => {
  await expect(apart([Buffer.from('PGDMP plain bytes')])).rejects.toThrow('something else');
});

test('nothing is read on while a piece is being used', async () => {
  let read = 0;
  const source = async function* () {
    for (; read < 100; ) {
      read += 1;
      yield framed(1, 'x');
    }
  };
  const pieces = demultiplex(source());
  await pieces.next();
  await pieces.next();
  expect(read).toBe(2);
  await pieces.return(undefined);
});
