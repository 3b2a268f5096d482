import { type Cipheriv, createCipheriv } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';

const mebibyte = 1024 ** 2;
/** A file of the small part: most files of a home folder are about this large. */
const smallFileBytes = 12 * 1024;
const largeFileBytes = 32 * mebibyte;
const pieceBytes = mebibyte;

/** The folder that a later run leaves out, so that prune has something to do: 3 % of the whole. */
export const goneFolder = 'gone';

/**
 * Fills `directory` with `bytes` of mixed data, the same at every call: 40 % that no one can compress (photos, films),
 * 37 % text in large files (logs, mail boxes), 20 % text in small files (sources, documents), and 3 % of both kinds in
 * `gone/`. Returns the number of files.
 */
export const makeDataset = async (directory: string, bytes: number): Promise<number> => {
  const random = keystream();
  const part = (share: number): number => Math.floor(bytes * share);
  let files = 0;
  files += await fill(join(directory, 'films'), part(0.4), largeFileBytes, (size) => noise(random, size));
  files += await fill(join(directory, 'logs'), part(0.37), largeFileBytes, (size) => prose(random, size));
  files += await fill(join(directory, 'documents'), part(0.2), smallFileBytes, (size) => prose(random, size));
  files += await fill(join(directory, goneFolder, 'films'), part(0.02), mebibyte, (size) => noise(random, size));
  files += await fill(join(directory, goneFolder, 'notes'), part(0.01), smallFileBytes, (size) => prose(random, size));
  return files;
};

const fill = async (
  folder: string,
  bytes: number,
  fileBytes: number,
  make: (size: number) => Buffer,
): Promise<number> => {
  const count = Math.ceil(bytes / fileBytes);
  for (let index = 0; index < count; index += 1) {
    // A hundred files a folder, as folders are in life.
    const below = join(folder, String(Math.floor(index / 100)));
    await mkdir(below, { recursive: true });
    await using file = await open(join(below, `${index}.bin`), 'w');
    let left = Math.min(fileBytes, bytes - index * fileBytes);
    while (left > 0) {
      const piece = Math.min(left, pieceBytes);
      await file.write(make(piece));
      left -= piece;
    }
  }
  return count;
};

/** AES-CTR of zeros: fast, and the same on every machine. */
const keystream = (): Cipheriv => createCipheriv('aes-128-ctr', Buffer.alloc(16, 'berth'), Buffer.alloc(16));

const noise = (random: Cipheriv, size: number): Buffer => random.update(Buffer.alloc(size));

const syllables = [
  'ba',
  'ra',
  'to',
  'mi',
  'ne',
  'lo',
  'ka',
  'sun',
  'der',
  'wi',
  'phe',
  'gor',
  'la',
  'quen',
  'ti',
  'os',
];
/** 256 words, each ending in a space or a line feed. zstd makes about a third of prose from them. */
const words = Array.from({ length: 256 }, (_, index) => {
  const [first, second] = [syllables[index >> 4] ?? '', syllables[index & 15] ?? ''];
  return Buffer.from(`${first}${second}${index % 11 === 0 ? '\n' : ' '}`);
});

const prose = (random: Cipheriv, size: number): Buffer => {
  const text = Buffer.allocUnsafe(size);
  let at = 0;
  while (at < size) {
    for (const byte of random.update(Buffer.alloc(4096))) {
      const word = words[byte];
      if (word === undefined || at >= size) break;
      at += word.copy(text, at);
    }
  }
  return text;
};
