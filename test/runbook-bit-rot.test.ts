import { randomBytes } from 'node:crypto';
import { copyFile, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differences, Machine } from './helpers/machine.ts';
import { withReceiver } from './helpers/receiver.ts';
import { resticBinaries } from './helpers/restic.ts';
import { followRunbook, machineHost, type Said, serverHost } from './helpers/runbook.ts';
import { filesBelow } from './helpers/store-files.ts';

/** Turns one bit in the middle of a file. */
const damage = async (path: string): Promise<void> => {
  const bytes = await readFile(path);
  const middle = bytes.length >>> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x04;
  await writeFile(path, bytes);
};

/** What `pattern` catches in what was said last that it fits. */
const found = (said: readonly Said[], pattern: RegExp): string => {
  const caught = said.flatMap(({ output }) => [...output.matchAll(pattern)]).at(-1)?.[1];
  if (caught === undefined) throw new Error(`nothing was said that fits ${pattern}`);
  return caught;
};

/** The largest pack that is in `after` and not in `before`. */
const newPack = async (repo: string, before: readonly string[]): Promise<string> => {
  const packs = (await filesBelow(join(repo, 'data'))).filter((file) => !before.includes(file));
  const sizes = await Promise.all(packs.map(async (pack) => (await readFile(join(repo, 'data', pack))).length));
  return packs[sizes.indexOf(Math.max(...sizes))] ?? '';
};

for (const restic of await resticBinaries()) {
  const suite = 'path' in restic ? describe : describe.skip;
  const binary = 'path' in restic ? restic.path : '';
  suite(`restic ${restic.release}${'missing' in restic ? ` (skipped: ${restic.missing})` : ''}`, () => {
    test('bit-rot.md: what was damaged is found and healed, or let go', { timeout: 400_000 }, async () => {
      await using receiver = await withReceiver();
      await using machine = await Machine.make(binary);
      await machine.enrol(receiver);
      const source = join(receiver.dataDir, 'sources/laptop');
      const repo = join(source, 'repo');
      const packs = () => filesBelow(join(repo, 'data'));
      const backUp = async () => expect((await machine.berth('backup')).exitCode).toBe(0);

      // One pack that the machine can send again, one that nobody has any more, an index, and a snapshot that is in its cache.
      await backUp();
      const first = await newPack(repo, []);
      const [snapshot = ''] = await readdir(join(repo, 'snapshots'));
      const before = await packs();
      await writeFile(join(machine.files, 'gone later'), randomBytes(2_000_000));
      await backUp();
      const second = await newPack(repo, before);
      await rm(join(machine.files, 'gone later'));
      await backUp();
      const [index = ''] = await readdir(join(repo, 'index'));
      const damaged = [`data/${first}`, `data/${second}`, `index/${index}`, `snapshots/${snapshot}`];
      for (const file of damaged) await damage(join(repo, file));

      // Its usual home has an apostrophe in its name, which no command line of restic takes.
      const home = join(machine.directory, 'home');
      await symlink(machine.home, home);
      const copy = join(receiver.directory, 'copy');
      const host = machineHost(machine);
      const said = await followRunbook({
        page: 'bit-rot.md',
        server: serverHost(receiver),
        machine: { ...host, programs: { ...host.programs, restic: `exec '${binary}' "$@"` } },
        values: {
          SOURCE: 'laptop',
          DATA: receiver.dataDir,
          NAME: (so) => found(so, /^BAD {2}snapshots\/([0-9a-f]{64})/gm),
          COPY: copy,
          SERVER: `${receiver.login('laptop')}@127.0.0.1`,
          PORT: String(receiver.port),
          BERTH: home,
          CACHE: join(home, 'state/cache'),
          BLOB: (so) => found(so, /blob ([0-9a-f]{64}) not found/g),
          KEY: `bit-rot:laptop:${damaged[0]?.replace(/\/..\//, '/')}`,
          ID: (so) => found(so, /in snapshot ([0-9a-f]{8})/g),
        },
        byHand: {
          'bring-the-copy': async (so) => copyFile(found(so, new RegExp(`^${snapshot} +(.*)$`, 'gm')), copy),
        },
      });
      const named = said[0]?.output.match(/^BAD +\S+/gm)?.map((line) => line.split(/ +/)[1]?.replace(/^data\//, ''));
      const expected = damaged.map((file) => file.replace(/^data\/..\//, '')).toSorted();
      expect(named?.toSorted()).toEqual(expected);
      expect(await readdir(join(repo, 'snapshots'))).toContain(snapshot);

      const target = join(machine.directory, 'restored');
      expect((await machine.berth('restore', snapshot.slice(0, 8), '--target', target)).exitCode).toBe(0);
      // The folder itself has changed since.
      const different = (await differences(machine.files, join(target, machine.files))).split('\n');
      expect(different.filter((line) => line !== '.d..t...... ./')).toEqual([]);
    });
  });
}
