/** A collection of an archive made for a test; null where it is announced and no documents follow. */
export interface ArchivedCollection {
  readonly db: string;
  readonly collection: string;
  readonly type: string;
  readonly documents: readonly Readonly<Record<string, string>>[] | null;
}

/**
 * An archive as the specification of mongodump has it (https://github.com/mongodb/mongo-tools/blob/master/common/archive/spec.md), made by us: no proof of what
 * a real mongodump writes.
 */
export const archiveOf = (collections: readonly ArchivedCollection[]): Buffer => {
  const filled = collections.flatMap(({ documents, ...about }) =>
    documents === null ? [] : [{ ...about, documents }],
  );
  return Buffer.concat([
    // The magic number, little-endian: the specification's 0x6de29981 is how it lies there.
    Buffer.from([0x6d, 0xe2, 0x99, 0x81]),
    bson({ version: '0.1', server_version: '7.0.0', tool_version: '100.9.4' }),
    ...collections.map(({ db, collection, type }) => bson({ db, collection, metadata: '{}', type })),
    terminator,
    ...filled.flatMap(({ db, collection, documents }) => [
      ...(documents.length === 0 ? [] : [bson({ db, collection, EOF: false }), ...documents.map(bson), terminator]),
      bson({ db, collection, EOF: true }),
      terminator,
    ]),
  ]);
};

const terminator = Buffer.from([0xff, 0xff, 0xff, 0xff]);

const bson = (fields: Readonly<Record<string, string | boolean>>): Buffer => {
  const elements = Object.entries(fields).map(([name, value]) => {
    const key = Buffer.from(`${name}\0`);
    if (typeof value === 'boolean') return Buffer.concat([Buffer.from([0x08]), key, Buffer.from([value ? 1 : 0])]);
    const text = Buffer.from(`${value}\0`);
    return Buffer.concat([Buffer.from([0x02]), key, int32(text.length), text]);
  });
  const body = Buffer.concat([...elements, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
