import { dateOfAt, type Taken } from './date-of.ts';

/** `2026:11:14 18:03:22`, as EXIF writes it, of the date's UTC fields: EXIF knows no zone. */
export const exifText = (date: Date): string => date.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');

/** A TIFF of one tag, `DateTimeOriginal`: what EXIF is, and the smallest file that has it. */
export const exifBlock = (text: string): Buffer => {
  const tiff = Buffer.alloc(44 + text.length + 1);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  // The first folder holds where the EXIF folder is; that holds the date as text.
  const entry = (at: number, tag: number, type: number, count: number, value: number): void => {
    tiff.writeUInt16LE(1, at);
    tiff.writeUInt16LE(tag, at + 2);
    tiff.writeUInt16LE(type, at + 4);
    tiff.writeUInt32LE(count, at + 6);
    tiff.writeUInt32LE(value, at + 10);
  };
  entry(8, 0x8769, 4, 1, 26);
  entry(26, 0x9003, 2, text.length + 1, 44);
  tiff.write(text, 44, 'latin1');
  return tiff;
};

const segment = (marker: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255]), content]);

/** A JPEG that programs show, 64 by 64 grey squares by `seed`, with this text as its `DateTimeOriginal`; null for none. */
export const jpegWith = (text: string | null, seed: number): Buffer => {
  const blocks = Buffer.alloc(64);
  // One code of one bit for "six more bits of brightness" and one for "nothing else in this square": a byte a square.
  for (let at = 0, state = seed; at < blocks.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    blocks[at] = (at % 2 === 0 ? 32 + (state >>> 27) : 31 - (state >>> 27)) << 1;
  }
  const table = (number: number, value: number): Buffer =>
    Buffer.from([number, 1, ...Array<number>(15).fill(0), value]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(text === null ? [] : [segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exifBlock(text)]))]),
    segment(0xfe, Buffer.from(`seed ${seed}`)),
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 8)])),
    segment(0xc0, Buffer.from([8, 0, 64, 0, 64, 1, 1, 0x11, 0])),
    segment(0xc4, table(0x00, 6)),
    segment(0xc4, table(0x10, 0)),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    blocks,
    Buffer.from([0xff, 0xd9]),
  ]);
};

/** A photo taken at `date` by its EXIF, whose wall clock showed the date's UTC; other seeds make other bytes. */
export const jpegTakenAt = (date: Date, seed: number): Buffer => jpegWith(exifText(date), seed);

/** A box of an ISO base media file. */
export const box = (type: string, ...content: readonly Buffer[]): Buffer => {
  const whole = Buffer.concat([Buffer.alloc(8), ...content]);
  whole.writeUInt32BE(whole.length);
  whole.write(type, 4, 'latin1');
  return whole;
};

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values);
const number32 = (value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value >>> 0);
  return four;
};

/** A HEIC whose EXIF lies behind `photoBytes` of something else, or in its `idat` where that is null. */
export const heicWith = (text: string, photoBytes: number | null): Buffer => {
  const exif = Buffer.concat([number32(6), Buffer.from('Exif\0\0', 'latin1'), exifBlock(text)]);
  const start = box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1'));
  const infe = (item: number, type: string): Buffer =>
    box('infe', bytes(2, 0, 0, 0, 0, item, 0, 0), Buffer.from(`${type}\0`));
  const meta = (at: number): Buffer =>
    box(
      'meta',
      bytes(0, 0, 0, 0),
      box('hdlr', Buffer.alloc(25)),
      box('iinf', bytes(0, 0, 0, 0, 0, 2), infe(1, 'hvc1'), infe(2, 'Exif')),
      box(
        'iloc',
        bytes(1, 0, 0, 0, 0x44, 0, 0, 2),
        ...[1, 2].flatMap((item) => [
          bytes(0, item, 0, photoBytes === null ? 1 : 0, 0, 0, 0, 1),
          number32(item === 2 ? at : 0),
          number32(item === 2 ? exif.length : 1),
        ]),
      ),
      ...(photoBytes === null ? [box('idat', exif)] : []),
    );
  if (photoBytes === null) return Buffer.concat([start, meta(0)]);
  const before = start.length + meta(0).length + 8 + photoBytes;
  return Buffer.concat([start, meta(before), box('mdat', Buffer.alloc(photoBytes, 7), exif)]);
};

/** Seconds from 1904 on. */
export const since1904 = (date: Date): number => date.getTime() / 1000 + 2_082_844_800;

/** What a video may say of its date: `mvhd` in seconds from 1904 on (`is64` in eight bytes), and Apple's key. */
export interface VideoDates {
  readonly mvhd: number;
  readonly is64?: boolean;
  readonly apple?: string;
  /** True for the `meta` of ISO files, which has a version. */
  readonly isIso?: boolean;
}

/** A video of `filmBytes` whose `moov` stands at its end, as phones write it. */
export const mp4With = ({ mvhd, is64 = false, apple, isIso = false }: VideoDates, filmBytes = 100): Buffer => {
  const seconds = Buffer.alloc(is64 ? 8 : 4);
  if (is64) seconds.writeBigUInt64BE(BigInt(mvhd));
  else seconds.writeUInt32BE(mvhd);
  const key = (name: string): Buffer => box('mdta', Buffer.from(name));
  const meta = (value: string): Buffer =>
    box(
      'meta',
      ...(isIso ? [bytes(0, 0, 0, 0)] : []),
      box('hdlr', Buffer.alloc(25)),
      box(
        'keys',
        bytes(0, 0, 0, 0, 0, 0, 0, 2),
        key('com.apple.quicktime.make'),
        key('com.apple.quicktime.creationdate'),
      ),
      box(
        'ilst',
        ...['somebody', value].map((text, place) =>
          box(number32(place + 1).toString('latin1'), box('data', bytes(0, 0, 0, 1, 0, 0, 0, 0), Buffer.from(text))),
        ),
      ),
    );
  return Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1')),
    box('mdat', Buffer.alloc(filmBytes, 9)),
    box(
      'moov',
      box('mvhd', bytes(is64 ? 1 : 0, 0, 0, 0), seconds, Buffer.alloc(96)),
      ...(apple === undefined ? [] : [meta(apple)]),
    ),
  ]);
};

/** What `dateOf` makes of these bytes on 21 November 2026, and how many of them it read. */
export const lookAt = async (
  content: Buffer,
  {
    name = 'x',
    mtimeMs = 0,
    timeZone = 'Europe/Berlin',
  }: { readonly name?: string; readonly mtimeMs?: number; readonly timeZone?: string } = {},
): Promise<{ readonly taken: Taken; readonly bytesRead: number }> => {
  let bytesRead = 0;
  const taken = await dateOfAt(() => Date.UTC(2026, 10, 21))({
    name: Buffer.from(name, 'latin1'),
    size: content.length,
    mtimeMs,
    timeZone,
    read: (offset, length) => {
      bytesRead += length;
      return content.subarray(offset, offset + length);
    },
  });
  return { taken, bytesRead };
};
