import { expect, test } from 'vitest';
import { archiveVerifier } from './archive.ts';
import { archiveOf } from './testing.ts';

const concluded = async (archive: Uint8Array, size = archive.length): Promise<string> => {
  const verifier = archiveVerifier();
  for (let at = 0; at < archive.length; at += size) await verifier.see(archive.subarray(at, at + size));
  return verifier.conclude();
};

const shop = archiveOf([
  { db: 'shop', collection: 'orders', type: 'collection', documents: [{ name: 'a' }, { name: 'b'.repeat(300) }] },
  { db: 'shop', collection: 'empty', type: 'collection', documents: [] },
  { db: 'shop', collection: 'view', type: 'view', documents: null },
]);

test('an archive is whole at its end, however it is cut into pieces', async () => {
  for (const size of [1, 3, 7, 64, 100_000]) expect(await concluded(shop, size)).toBe('stream');
});

test('an archive cut at any byte is told', async () => {
  for (let length = 0; length < shop.length; length += 1) {
    await expect(concluded(shop.subarray(0, length)), `${length} of ${shop.length}`).rejects.toMatchObject({
      code: 'dump-unverified',
    });
  }
});

test('a collection that was announced and never came is told', async () => {
  const archive = archiveOf([{ db: 'shop', collection: 'orders', type: 'collection', documents: null }]);
  await expect(concluded(archive)).rejects.toThrow('shop.orders');
});

test('what is no archive is told', async () => {
  await expect(concluded(Buffer.from('Failed: no such host'))).rejects.toThrow('no archive');
});
