import { Problem } from '@berth/common/problem.ts';
import { describe, expect, it } from 'vitest';
import { redisSchema } from '../redis.ts';
import { testWorld } from '../testing.ts';
import { createCrc64 } from './crc64.ts';
import { rdbVerifier } from './rdb-verifier.ts';

const entry = redisSchema.parse({ engine: 'redis' });
const body = Buffer.concat([Buffer.from('REDIS0011 and what a server had'), Buffer.from([0xff])]);
const sum = (bytes: Uint8Array): Uint8Array => {
  const crc = createCrc64();
  crc.update(bytes);
  return crc.digest();
};
const whole = Buffer.concat([body, sum(body)]);

/** How a dump is judged where the engine's checker ends so; null: it is not installed. */
const judge = async (bytes: Uint8Array, checker: { readonly code: number; readonly says: string } | null) => {
  const run = async (
    _place: unknown,
    {
      stdin,
      onStdout,
    }: { readonly stdin?: AsyncIterable<Uint8Array> | undefined; readonly onStdout?: (chunk: Uint8Array) => unknown },
  ) => {
    if (checker === null) throw new Problem('tool-missing', 'It is not there.', 'Install it.');
    for await (const _ of stdin ?? []);
    await onStdout?.(Buffer.from(checker.says));
    return { code: checker.code, stderr: [] };
  };
  await using verifier = rdbVerifier(entry, testWorld({ run, state: '/nowhere' }), new AbortController().signal);
  for (const byte of bytes) await verifier.see(Uint8Array.of(byte));
  return await verifier.conclude();
};

describe('an RDB file as it passes', () => {
  it('is whole by the engine’s checker, and by its own sum where there is none', async () => {
    expect(await judge(whole, { code: 0, says: 'RDB looks OK!' })).toBe('tool');
    expect(await judge(whole, null)).toBe('stream');
    expect(await judge(whole, { code: 127, says: '' })).toBe('stream');
    expect(await judge(whole, { code: 1, says: "Can't handle RDB format version 99" })).toBe('stream');
  });

  it('may be without a sum, which a server can switch off', async () => {
    expect(await judge(Buffer.concat([body, Buffer.alloc(8)]), null)).toBe('stream');
  });

  it('is broken when the checker says so, wherever it is cut, and when a byte is another', async () => {
    const broken = { code: 'dump-unverified' };
    await expect(judge(whole, { code: 1, says: 'Unexpected EOF' })).rejects.toMatchObject(broken);
    for (let length = 0; length < whole.length; length += 1) {
      await expect(judge(whole.subarray(0, length), null)).rejects.toMatchObject(broken);
    }
    const other = Buffer.from(whole);
    other[12] = (other[12] ?? 0) ^ 1;
    await expect(judge(other, null)).rejects.toMatchObject(broken);
  });
});
