import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personOf } from './person.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-person-'));
  file = join(folder, 'passwd');
  await writeFile(
    file,
    'root:x:0:0::/root:/bin/sh\npostgres:x:113:120:,,,:/var/lib/postgresql:/bin/bash\nbroken:x::\n',
  );
});
afterAll(() => rm(folder, { recursive: true }));

test('root becomes anyone the machine knows, and everybody themselves', async () => {
  const postgres = { uid: 113, gid: 120, home: '/var/lib/postgresql' };
  expect(await personOf('postgres', file, 0)).toEqual(postgres);
  expect(await personOf('postgres', file, 113)).toEqual(postgres);
});

test('others are told that it takes root', async () => {
  await expect(personOf('postgres', file, 1000)).rejects.toMatchObject({ code: 'needs-root' });
});

test('who is not there, or not whole, is told: never is a program run as root for want of a number', async () => {
  for (const name of ['postgre', 'nobody', 'broken']) {
    await expect(personOf(name, file, 0)).rejects.toMatchObject({ code: 'no-such-user' });
  }
});
