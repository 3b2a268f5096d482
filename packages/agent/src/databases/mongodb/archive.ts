import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';
import { textFields } from './bson.ts';

const magic = 0x8199e26d;
const terminator = 0xffffffff;
/** A document of the server is at most 16 MiB; the tool's own can be a little longer. */
const mostDocument = 48 * 1024 * 1024;

/**
 * Reads an archive of mongodump as it passes (https://github.com/mongodb/mongo-tools/blob/master/common/archive/spec.md): whole documents in blocks, each
 * block ended, and every collection that was begun, or announced as one, told to be at its end. Sums of the documents (CRC64) are not compared.
 */
export const archiveVerifier = (): Verifier => {
  let state: 'magic' | 'prelude' | 'header' | 'body' = 'magic';
  let held: Uint8Array = new Uint8Array();
  let skip = 0;
  let isFirst = true;
  let wrong: string | null = null;
  const open = new Set<string>();

  const document = (bytes: Uint8Array): void => {
    if (state === 'prelude') {
      const { db, collection, type } = textFields(bytes);
      // The first is the archive's own header. Views and time series have no documents of this name.
      if (!isFirst && type === 'collection') open.add(`${db ?? ''}.${collection ?? ''}`);
      isFirst = false;
    } else if (state === 'header') {
      const { db, collection, EOF } = textFields(bytes);
      const name = `${db ?? ''}.${collection ?? ''}`;
      if (EOF === 'true') open.delete(name);
      else open.add(name);
      state = 'body';
    }
  };
  /** How many bytes it took; 0 when it needs more. */
  const step = (bytes: Buffer): number => {
    if (bytes.length < 4) return 0;
    const word = bytes.readUInt32LE(0);
    if (state === 'magic') {
      if (word !== magic) throw new Error('this is no archive of mongodump');
      state = 'prelude';
      return 4;
    }
    if (word === terminator) {
      if (state === 'header') throw new Error('a block has no header');
      state = 'header';
      return 4;
    }
    if (word < 5 || word > mostDocument) throw new Error('a document has no possible length');
    if (state === 'body') {
      skip = word;
      return 0;
    }
    if (bytes.length < word) return 0;
    document(bytes.subarray(0, word));
    return word;
  };
  const take = (chunk: Uint8Array): void => {
    let bytes = Buffer.from(held.length === 0 ? chunk : Buffer.concat([held, chunk]));
    for (;;) {
      if (skip > 0) {
        const passed = Math.min(skip, bytes.length);
        skip -= passed;
        bytes = bytes.subarray(passed);
        if (skip > 0) break;
      }
      const taken = step(bytes);
      if (taken === 0 && skip === 0) break;
      bytes = bytes.subarray(taken);
    }
    held = Uint8Array.from(bytes);
  };
  return {
    see: (chunk) => {
      if (wrong !== null) return;
      try {
        take(chunk);
      } catch (error) {
        wrong = error instanceof Error ? error.message : String(error);
      }
    },
    conclude: async () => {
      if (wrong !== null) throw dumpUnverified(`The archive of MongoDB is damaged: ${wrong}.`);
      // Between two blocks, where the next header could begin: nowhere else does an archive end.
      if (state !== 'header' || held.length > 0 || skip > 0) throw dumpUnverified('The archive of MongoDB was cut.');
      if (open.size > 0) throw dumpUnverified(`The archive of MongoDB lacks the end of ${[...open][0] ?? ''}.`);
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
