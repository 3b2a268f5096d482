import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headBytes, readBound } from './bounded.ts';
import { box, exifBlock, heicWith, jpegTakenAt, lookAt, mp4With, since1904 } from './testing.ts';

const day = new Date('2026-11-14T18:03:22Z');
const samples = [
  jpegTakenAt(day, 7),
  heicWith('2026:11:14 18:03:22', 50),
  heicWith('2026:11:14 18:03:22', null),
  mp4With({ mvhd: since1904(day), apple: '2026-11-14T18:03:22+0100' }),
  mp4With({ mvhd: since1904(day), is64: true }),
  exifBlock('2026:11:14 18:03:22'),
];

/** It answers, with a month that is one, from no more than it may read. */
const holds = async (content: Buffer): Promise<void> => {
  const { taken, bytesRead } = await lookAt(content);
  expect(bytesRead).toBeLessThanOrEqual(readBound);
  expect(taken.month).toBeGreaterThanOrEqual(1);
  expect(taken.month).toBeLessThanOrEqual(12);
  expect(taken.year === 1970 || (taken.year >= 1990 && taken.year <= 2027)).toBe(true);
};

/** Numbers that parsers stumble over, at lengths, counts and offsets. */
const number = fc.oneof(
  fc.constantFrom(0, 1, 2, 7, 8, 15, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff8),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

const mutated = fc
  .record({
    sample: fc.constantFrom(...samples),
    changes: fc.array(fc.record({ at: fc.nat(), number, width: fc.constantFrom(1, 2, 4) }), {
      minLength: 1,
      maxLength: 8,
    }),
    cut: fc.option(fc.nat()),
  })
  .map(({ sample, changes, cut }) => {
    const copy = Buffer.from(sample);
    for (const { at, number: value, width } of changes) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      bytes.subarray(4 - width).copy(copy, at % copy.length);
    }
    return cut === null ? copy : copy.subarray(0, cut % copy.length);
  });

describe('a file that was made to harm', () => {
  test('never throws and never makes it read more than the bound: mutations of real ones', async () => {
    await fc.assert(fc.asyncProperty(mutated, holds), randomRuns({ everyday: 1_500, long: 50_000 }));
  });

  test('never throws and never makes it read more than the bound: bytes as they fall', async () => {
    const starts = [
      '',
      '\xff\xd8\xff\xe1',
      'II*\0',
      'MM\0*',
      '\0\0\0\x18ftypheic',
      '\0\0\0\x10ftypisom',
      '\x89PNG\r\n\x1a\n',
      'RIFF',
    ];
    const random = fc
      .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 4_000 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest]));
    await fc.assert(fc.asyncProperty(random, holds), randomRuns({ everyday: 500, long: 20_000 }));
  });

  const long = (size: bigint): Buffer => {
    const header = Buffer.from('\0\0\0\x01moov\0\0\0\0\0\0\0\0', 'latin1');
    header.writeBigUInt64BE(size, 8);
    return header;
  };
  const start = box('ftyp', Buffer.from('isom\0\0\0\0'));
  const film = mp4With({ mvhd: since1904(day) }).subarray(28 + 108);

  test.each([
    ['a box of no length', Buffer.concat([start, Buffer.alloc(64)])],
    ['a box shorter than its header', Buffer.concat([start, Buffer.from('\0\0\0\x02moov', 'latin1'), film])],
    ['a box of 2^63 bytes', Buffer.concat([start, long(2n ** 63n), film])],
    ['a box of 2^64 - 1 bytes', Buffer.concat([start, long(2n ** 64n - 1n), film])],
    ['a long box of no length', Buffer.concat([start, long(0n), film])],
    ['10,000 boxes', Buffer.concat([start, ...Array<Buffer>(10_000).fill(box('free')), film])],
    [
      'boxes far beyond the first bytes',
      Buffer.concat([start, box('mdat', Buffer.alloc(headBytes)), ...Array<Buffer>(40_000).fill(box('free'))]),
    ],
    [
      'boxes in boxes',
      Array<string>(500)
        .fill('moov')
        .reduce((inner, type) => box(type, inner), film),
    ],
    ['a photo of its start alone', Buffer.from([0xff, 0xd8])],
    ['a HEIC of its start alone', box('ftyp', Buffer.from('heic'))],
  ])('is seen through: %s', async (_, content) => {
    await holds(content);
    for (let cut = 0; cut < Math.min(content.length, 200); cut += 1) await holds(content.subarray(0, cut));
  });

  test('is cut anywhere: every length of every sample', async () => {
    for (const sample of samples)
      for (let cut = 0; cut <= sample.length; cut += 1) await holds(sample.subarray(0, cut));
  });

  test('has folders of EXIF that point at themselves, and 65,535 of whatever', async () => {
    for (const at of [8, 26]) {
      const loop = Buffer.from(exifBlock('2026:11:14 18:03:22'));
      loop.writeUInt32LE(8, at + 10);
      await holds(loop);
      const many = Buffer.concat([loop, Buffer.alloc(2 * headBytes, 0x69)]);
      many.writeUInt16LE(0xffff, at);
      await holds(many);
      many.writeUInt32LE(0xffff_ffff, at + 6);
      await holds(many);
    }
  });
});
