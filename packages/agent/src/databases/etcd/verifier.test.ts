import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { snapshotVerifier } from './verifier.ts';

const body = Buffer.concat([Buffer.alloc(16), Buffer.from('edda0ced02000000', 'hex'), Buffer.from('all keys')]);
const whole = Buffer.concat([body, createHash('sha256').update(body).digest()]);

const judge = async (bytes: Uint8Array): Promise<string> => {
  await using verifier = snapshotVerifier();
  for (const byte of bytes) await verifier.see(Uint8Array.of(byte));
  return await verifier.conclude();
};

describe('a snapshot of etcd as it passes', () => {
  it('is whole by the hash at its end, and broken wherever it is cut or changed', async () => {
    expect(await judge(whole)).toBe('stream');
    const broken = { code: 'dump-unverified' };
    for (let length = 0; length < whole.length; length += 1) {
      await expect(judge(whole.subarray(0, length))).rejects.toMatchObject(broken);
    }
    const other = Buffer.from(whole);
    other[30] = (other[30] ?? 0) ^ 1;
    await expect(judge(other)).rejects.toMatchObject(broken);
    await expect(judge(Buffer.concat([Buffer.from('<html>'), whole]))).rejects.toMatchObject(broken);
  });
});
