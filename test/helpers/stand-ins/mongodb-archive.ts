import { textFields } from '../../../packages/agent/src/databases/mongodb/bson.ts';

/** The collections of an archive of the stand-in's, whose documents are one line each. */
export const read = (archive: Buffer): readonly { db: string; collection: string; lines: string[] }[] => {
  const found = new Map<string, { db: string; collection: string; lines: string[] }>();
  let at = 4;
  let isPrelude = true;
  let current: { lines: string[] } | null = null;
  while (at < archive.length) {
    const length = archive.readUInt32LE(at);
    if (length === 0xffffffff) {
      isPrelude = false;
      current = null;
      at += 4;
      continue;
    }
    const { db = '', collection = '', line = '' } = textFields(archive.subarray(at, at + length));
    at += length;
    if (isPrelude) continue;
    if (current === null) {
      const one = found.get(`${db}.${collection}`) ?? { db, collection, lines: [] };
      found.set(`${db}.${collection}`, one);
      current = one;
    } else current.lines.push(line);
  }
  return [...found.values()];
};
