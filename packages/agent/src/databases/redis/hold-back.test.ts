import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdBack } from './hold-back.ts';

describe('holding the last bytes back', () => {
  it('lets all others through, wherever the pieces are cut', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 40 }), (chunks, count) => {
        const back = holdBack(count);
        const through = Buffer.concat(chunks.map((chunk) => Buffer.from(back.push(chunk))));
        const all = Buffer.concat(chunks);
        const kept = Math.min(count, all.length);
        expect(through).toEqual(all.subarray(0, all.length - kept));
        expect(Buffer.from(back.held())).toEqual(all.subarray(all.length - kept));
      }),
      { numRuns: 100 },
    );
  });
});
