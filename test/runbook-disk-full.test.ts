import { readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { differences, Machine } from './helpers/machine.ts';
import { isRoot, type TestReceiver } from './helpers/receiver.ts';
import { followRunbook, machineHost, serverHost } from './helpers/runbook.ts';
import { withSmallDisk } from './helpers/small-disk.ts';

/** Puts something else on the disk until only `leftBytes` are free. */
const fill = async (receiver: TestReceiver, leftBytes: number): Promise<string> => {
  const film = join(receiver.dataDir, 'film');
  const { bavail, bsize } = await statfs(receiver.dataDir);
  await writeFile(film, Buffer.alloc(bavail * bsize - leftBytes));
  return film;
};

const edit = async (receiver: TestReceiver, change: (text: string) => string): Promise<void> =>
  receiver.writeConfig(change(await readFile(receiver.configFile, 'utf8')));

test('disk-full.md: a machine without room backs up again', { timeout: 400_000 }, async (context) => {
  context.skip(!isRoot, 'mounting a small disk needs root');
  await using disk = await withSmallDisk('80m');
  const { receiver } = disk;
  await receiver.start();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  expect(await machine.berth('backup')).toMatchObject({ exitCode: 0 });

  // Both at once: it has used up its quota, and something else has filled the disk to a third of the floor of 4 MiB.
  await edit(receiver, (text) => text.replace('laptop: {', 'laptop: { quota: 2M,'));
  const film = await fill(receiver, 1_500_000);
  await writeFile(join(machine.files, 'more'), Buffer.alloc(1_000_000, Math.random().toString()));
  const folder = join(machine.directory, 'restored');
  await followRunbook({
    page: 'disk-full.md',
    server: serverHost(receiver),
    machine: machineHost(machine),
    values: { SOURCE: 'laptop', DATA: receiver.dataDir, FOLDER: folder },
    byHand: {
      'raise-quota': () => edit(receiver, (text) => text.replace('quota: 2M', 'quota: 60M')),
      'make-room': () => rm(film),
    },
  });
  await rm(join(machine.files, 'more'));
  // Only the folder's time differs, in which the file that never got there came and went.
  expect(await differences(machine.files, join(folder, machine.files))).toBe('.d..t...... ./');
});
