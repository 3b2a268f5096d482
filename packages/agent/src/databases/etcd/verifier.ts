import { createHash } from 'node:crypto';
import type { Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';
import { holdBack } from '../redis/hold-back.ts';
import { createHead } from '../tail.ts';

const hashBytes = 32;
/** bbolt's mark, behind the 16 bytes of its first page's head (https://github.com/etcd-io/bbolt, db.go). */
const boltMark = { at: 16, bytes: 'edda0ced' } as const;

/** A snapshot's last 32 bytes are the SHA-256 of all before them (https://etcd.io/docs/v3.5/op-guide/recovery/, "integrity hash"). */
export const snapshotVerifier = (): Verifier => {
  const head = createHead(boltMark.at + 4);
  const back = holdBack(hashBytes);
  const hash = createHash('sha256');
  return {
    see: (chunk) => {
      head.see(chunk);
      hash.update(back.push(chunk));
    },
    conclude: async () => {
      if (!Buffer.from(head.text(), 'latin1').subarray(boltMark.at).equals(Buffer.from(boltMark.bytes, 'hex'))) {
        throw dumpUnverified('The dump does not begin as a snapshot of etcd.');
      }
      if (!hash.digest().equals(Buffer.from(back.held()))) {
        throw dumpUnverified('The dump is not whole: its SHA-256 is another than the one at its end.');
      }
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
};
