/** Lengths of the values that are none of their own: https://bsonspec.org/spec.html */
const fixed: ReadonlyMap<number, number> = new Map([
  [0x01, 8],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
]);

/** The texts and truths at the top of a document of mongodump's own; throws on what it does not know. */
export const textFields = (bytes: Uint8Array): Readonly<Record<string, string>> => {
  const document = Buffer.from(bytes);
  const fields: Record<string, string> = {};
  let at = 4;
  while (at < document.length - 1) {
    const type = document.readUInt8(at);
    const end = document.indexOf(0, at + 1);
    if (end < 0) throw new Error('a document is no BSON');
    const name = document.toString('utf8', at + 1, end);
    at = end + 1;
    if (type === 0x02) {
      const length = document.readInt32LE(at);
      if (length < 1 || at + 4 + length > document.length) throw new Error('a document is no BSON');
      fields[name] = document.toString('utf8', at + 4, at + 4 + length - 1);
      at += 4 + length;
    } else {
      if (type === 0x08) fields[name] = document.readUInt8(at) === 1 ? 'true' : 'false';
      const length = fixed.get(type);
      if (length === undefined) throw new Error('a document is no BSON that mongodump writes');
      at += length;
    }
  }
  return fields;
};
