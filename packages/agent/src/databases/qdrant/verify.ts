import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';
import { tarReader } from '../tar.ts';

/** A snapshot of a collection is a tar; read back from restic its SHA-256 is no longer told by the server, but its form and its end are there. */
export const snapshotVerifier = (): Verifier => {
  let members = 0;
  const tar = tarReader(() => {
    members += 1;
    return () => undefined;
  });
  let wrong: unknown = null;
  return {
    see: (chunk) => {
      if (wrong !== null) return;
      try {
        tar.write(chunk);
      } catch (error) {
        wrong = error;
      }
    },
    conclude: async () => {
      try {
        if (wrong !== null) throw wrong;
        tar.end();
      } catch (error) {
        throw dumpUnverified('The snapshot of Qdrant is cut or damaged.', error);
      }
      if (members === 0) throw dumpUnverified('The snapshot of Qdrant has nothing in it.');
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};

const mostBytes = 64 * 1024 * 1024;

/** The aliases are one JSON object. */
export const aliasesVerifier = (): Verifier => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  return {
    see: (chunk) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) parts.push(chunk);
    },
    conclude: async () => {
      try {
        const told: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
        if (typeof told === 'object' && told !== null && 'aliases' in told && Array.isArray(told.aliases))
          return 'stream';
      } catch (error) {
        throw dumpUnverified('The list of aliases is cut or damaged.', error);
      }
      throw dumpUnverified('The list of aliases is none.');
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
