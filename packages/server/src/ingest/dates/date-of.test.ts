import { describe, expect, test, vi } from 'vitest';
import { headBytes, readBound } from './bounded.ts';
import { dateOfAt } from './date-of.ts';
import { box, exifBlock, heicWith, jpegTakenAt, jpegWith, lookAt, mp4With, since1904 } from './testing.ts';

const taken = async (...words: Parameters<typeof lookAt>): Promise<string> => {
  const { year, month, from } = (await lookAt(...words)).taken;
  return `${year}-${month} ${from}`;
};

const inMarch = Date.UTC(2025, 2, 9);
/** Still October in UTC, November already in Berlin. */
const newYearsEveOfOctober = new Date('2026-10-31T23:30:00Z');

describe('the date of a photo', () => {
  test('is what its EXIF says, before name and time', async () => {
    const photo = jpegTakenAt(new Date('2024-02-29T18:03:22Z'), 1);
    expect(await taken(photo, { name: 'IMG_20251231_000000.jpg', mtimeMs: inMarch })).toBe('2024-2 exif');
  });

  test('is read from HEIC, wherever in the file its EXIF lies', async () => {
    for (const photoBytes of [null, 0, 10_000, headBytes + 1, 3 * headBytes])
      expect(await taken(heicWith('2023:07:01 10:00:00', photoBytes)), String(photoBytes)).toBe('2023-7 exif');
  });

  test('counts also on a server that has lost its clock', async () => {
    const content = jpegTakenAt(new Date('2024-02-29T18:03:22Z'), 1);
    const read = (offset: number, length: number) => content.subarray(offset, offset + length);
    const file = { name: Buffer.from('x'), size: content.length, mtimeMs: 0, read, timeZone: 'UTC' };
    expect(await dateOfAt(() => 0)(file)).toEqual({ year: 2024, month: 2, from: 'exif' });
  });

  test('is read from a JPEG with two EXIF blocks, and nobody hears of that', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const photo = jpegTakenAt(new Date('2024-02-29T18:03:22Z'), 1);
    const block = photo.subarray(2, 4 + photo.readUInt16BE(4));
    expect(await taken(Buffer.concat([photo.subarray(0, 2), block, photo.subarray(2)]))).toBe('2024-2 exif');
    expect(warn.mock.calls).toEqual([]);
    expect(console.warn).toBe(warn);
    warn.mockRestore();
  });

  test('is read from TIFF and DNG, PNG and WebP', async () => {
    const exif = exifBlock('2022:12:24 20:00:00');
    const chunk = box('eXIf', exif);
    chunk.writeUInt32BE(exif.length);
    const header = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), Buffer.alloc(17)]);
    const riff = Buffer.from('EXIF\0\0\0\0', 'latin1');
    riff.writeUInt32LE(exif.length, 4);
    const webp = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), riff, exif, Buffer.alloc(exif.length % 2)]);
    webp.writeUInt32LE(webp.length - 8, 4);
    expect(await taken(exif)).toBe('2022-12 exif');
    expect(await taken(Buffer.concat([header, chunk, Buffer.alloc(4)]))).toBe('2022-12 exif');
    expect(await taken(webp)).toBe('2022-12 exif');
  });

  test.each([
    '0000:00:00 00:00:00',
    '    :  :     :  :  ',
    '2026:13:01 00:00:00',
    '2026:02:30 00:00:00',
    '2026:00:10 00:00:00',
    '1980:01:01 00:00:00',
    '2028:01:01 00:00:00',
    '9999:12:31 23:59:59',
    '',
    'yesterday',
  ])('is not %j, which a clock that was never set says', async (text) => {
    expect(await taken(jpegWith(text, 1), { name: 'IMG_20251114_180322.jpg' })).toBe('2025-11 name');
  });
});

describe('the date of a video', () => {
  test('is the wall clock of the place that Apple writes, before mvhd', async () => {
    const mvhd = since1904(new Date('2026-10-31T13:30:00Z'));
    for (const isIso of [false, true])
      expect(await taken(mp4With({ mvhd, apple: '2026-11-01T02:30:00+1300', isIso }))).toBe('2026-11 quicktime');
  });

  test('is mvhd, which is UTC, in the zone of the server', async () => {
    const film = mp4With({ mvhd: since1904(newYearsEveOfOctober) });
    expect(await taken(film)).toBe('2026-11 quicktime');
    expect(await taken(film, { timeZone: 'America/New_York' })).toBe('2026-10 quicktime');
    expect(await taken(film, { timeZone: 'No/Where' })).toBe('2026-10 quicktime');
    expect(await taken(mp4With({ mvhd: since1904(newYearsEveOfOctober), is64: true }))).toBe('2026-11 quicktime');
  });

  test('is found behind a film of any length, and costs little', async () => {
    const film = mp4With({ mvhd: since1904(newYearsEveOfOctober) }, 4 * readBound);
    const { taken: found, bytesRead } = await lookAt(film);
    expect(found.from).toBe('quicktime');
    expect(bytesRead).toBeLessThan(headBytes + 10_000);
  });

  test('is not 1904, nor a year that has not come', async () => {
    for (const mvhd of [0, 1, 2 ** 32 - 1])
      expect(await taken(mp4With({ mvhd }), { name: 'VID-20261114-WA0001.mp4' })).toBe('2026-11 name');
    const last = mp4With({ mvhd: Number.MAX_SAFE_INTEGER, is64: true });
    expect(await taken(last, { name: 'VID_20261114_180322.mp4' })).toBe('2026-11 name');
  });
});

describe('the date of anything else', () => {
  const nothing = Buffer.from('no photo at all');

  test.each([
    'IMG_20261114_180322.jpg',
    'IMG20261114180322.jpg',
    'IMG-20261114-WA0001.jpg',
    'VID-20261114-WA0001.mp4',
    '20261114_180322.jpg',
    'PXL_20261114_170322123.MP.jpg',
    'MVIMG_20261114_180322.jpg',
    'Screenshot_20261114-180322_Maps.png',
    'Screenshot_2026-11-14-18-03-22-123_com.example.png',
    'signal-2026-11-14-18-03-22-123.jpg',
    'photo_2026-11-14_18-03-22.jpg',
    'WhatsApp Image 2026-11-14 at 18.03.22.jpeg',
    '2026-11-14 18.03.22.jpg',
    'DCIM/Camera/IMG_20261114_180322.jpg',
  ])('is in its name: %s', async (name) => {
    expect(await taken(nothing, { name, mtimeMs: inMarch })).toBe('2026-11 name');
  });

  test.each([
    'IMG_1234.jpg',
    'IMG_20261314_180322.jpg',
    'IMG_20260230.jpg',
    'FB_IMG_1668420000000.jpg',
    '2026111499999999.jpg',
    'IMG_20261114/holiday.jpg',
    'a\nIMG_20261114.jpg',
    '\xff\xfe',
    '',
  ])('is not in a name that has no day: %j', async (name) => {
    expect(await taken(nothing, { name, mtimeMs: inMarch })).toBe('2025-3 mtime');
  });

  test('is when it was last changed, and January 1970 where that is no date either', async () => {
    expect(await taken(nothing, { mtimeMs: newYearsEveOfOctober.getTime() })).toBe('2026-11 mtime');
    for (const mtimeMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, -1e300, Date.UTC(2040, 0)])
      expect(await taken(nothing, { mtimeMs }), String(mtimeMs)).toBe('1970-1 mtime');
  });

  test('is asked of the name where the file can not be read', async () => {
    const broken = (): Buffer => {
      throw new Error('EIO');
    };
    const file = { name: Buffer.from('IMG_20261114.jpg'), size: 1e12, mtimeMs: 0, read: broken, timeZone: 'UTC' };
    expect(await dateOfAt(() => inMarch)(file)).toEqual({ year: 2026, month: 11, from: 'name' });
  });
});
