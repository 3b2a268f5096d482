import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testWorld } from './testing.ts';
import { vaultDatabase, vaultSchema } from './vault.ts';

const never = new AbortController().signal;
const database = vaultDatabase(
  vaultSchema.parse({ engine: 'vault', url: 'http://127.0.0.1:8200', token_file: '/etc/berth/vault.token' }),
);

const member = (name: string, content: Uint8Array): Buffer => {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\0', 257, 'latin1');
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
};
const archive = (...members: Buffer[]): Uint8Array => gzipSync(Buffer.concat([...members, Buffer.alloc(1024)]));
const sumOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

const meta = Buffer.from('{}');
const state = Buffer.alloc(5_000, 7);
const sums = Buffer.from(`${sumOf(meta)}  meta.json\n${sumOf(state)}  state.bin\n`);
const whole = [member('meta.json', meta), member('state.bin', state)];

const verify = async (snapshot: Uint8Array): Promise<unknown> => {
  const unit = { database: null, file: 'vault.snap' as never, form: 'stream' } as const;
  await using verifier = database.verify(unit, null, testWorld(), never);
  for (let at = 0; at < snapshot.length; at += 16_384) await verifier.see(snapshot.subarray(at, at + 16_384));
  return await verifier.conclude();
};

describe('a snapshot', () => {
  test('is whole when its sums are right', async () => {
    expect(await verify(archive(...whole, member('SHA256SUMS', sums)))).toBe('stream');
  });

  test.each([
    ['sums of a megabyte, which a kilobyte unpacks to', [member('SHA256SUMS', Buffer.alloc(1e6, '\n'))]],
    ['sums again and again', Array.from({ length: 50 }, () => member('SHA256SUMS', sums))],
    ['thousands of parts', Array.from({ length: 5_000 }, (_, index) => member(`part-${index}`, meta))],
  ])('with %s is none, and is not kept in memory', async (_, more) => {
    const bomb = archive(...whole, ...more, member('SHA256SUMS', sums));
    await expect(verify(bomb)).rejects.toMatchObject({ code: 'dump-unverified' });
  });
});
