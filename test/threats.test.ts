import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { Machine } from './helpers/machine.ts';
import { withReceiver } from './helpers/receiver.ts';
import { restClientOf } from './helpers/rest-client.ts';
import { filesBelow } from './helpers/store-files.ts';

const types = ['data', 'index', 'snapshots', 'keys', 'locks'] as const;

/** SHA-256 of every object that restic stored in these folders, sorted. */
const hashesIn = async (...folders: readonly string[]): Promise<readonly string[]> => {
  const hashes: string[] = [];
  for (const folder of folders) {
    for (const file of await filesBelow(folder)) {
      hashes.push(
        createHash('sha256')
          .update(await readFile(join(folder, file)))
          .digest('hex'),
      );
    }
  }
  return hashes.sort();
};

test('ransomware with root on a machine deletes and overwrites all it can, and every byte is still on the server', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  expect(await machine.berth('backup')).toMatchObject({ exitCode: 0 });
  const home = join(receiver.dataDir, 'sources/laptop');
  const before = await hashesIn(join(home, 'repo'));
  expect(before.length).toBeGreaterThan(4);

  // Root on the machine has its key, and is bound by none of restic's manners.
  const key = { file: join(machine.home, 'id_ed25519'), line: '' };
  await using client = await restClientOf(receiver, 'laptop', key);
  for (const type of types) {
    const listed: readonly string[] = JSON.parse(
      (await client.request('GET', `/${type}/`, null, { accept: 'application/vnd.x.restic.rest.v1' })).body.toString(),
    );
    for (const name of listed) {
      const path = `/${type}/${name}`;
      expect((await client.request('POST', path, Buffer.from('encrypted by us'))).status).toBeGreaterThanOrEqual(400);
      expect((await client.request('DELETE', path)).status).toBe(200);
      // What was deleted can not be replaced by something else of its name either.
      expect((await client.request('POST', path, Buffer.from('encrypted by us'))).status).toBeGreaterThanOrEqual(400);
    }
    expect((await client.request('GET', `/${type}/`)).body.toString()).toBe('[]');
  }
  expect((await client.request('POST', '/config', Buffer.from('encrypted by us'))).status).toBe(403);
  expect((await client.request('DELETE', '/config')).status).toBe(200);
  expect((await client.request('DELETE', '/')).status).toBe(403);

  const after = await hashesIn(join(home, 'repo'), join(home, 'trash'));
  expect(before.filter((hash) => !after.includes(hash))).toEqual([]);
});

test('a thief of the server’s disk finds no content, no name and no password of a machine on it', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  await execa('sh', [
    '-c',
    'yes "a love letter that nobody else shall read" | head -n 20000 > "$1/diary.txt"',
    'sh',
    machine.files,
  ]);
  expect(await machine.berth('backup')).toMatchObject({ exitCode: 0 });
  const password = (await readFile(join(machine.home, 'password'), 'utf8')).trim();
  const places = [receiver.dataDir, join(receiver.directory, 'etc')];
  const found = async (text: string): Promise<string> =>
    (
      await execa('grep', ['--recursive', '--files-with-matches', '--text', '--fixed-strings', '--', text, ...places], {
        reject: false,
      })
    ).stdout;
  for (const secret of ['love letter', 'diary.txt', 'two words', password]) {
    expect([secret, await found(secret)]).toEqual([secret, '']);
  }
  // The search itself is right: what the server does know is found.
  expect(await found('laptop')).not.toBe('');
});
