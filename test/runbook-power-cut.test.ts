import { appendFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { descendants, snapshot } from '../packages/server/src/sshd/processes.ts';
import { nodeDisk } from '../packages/server/src/store/disk.ts';
import { differences, Machine } from './helpers/machine.ts';
import { eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject } from './helpers/rest-client.ts';
import { followRunbook, machineHost, serverHost } from './helpers/runbook.ts';
import { filesBelow } from './helpers/store-files.ts';

/** Ends the server, its sshd and all sessions at once, as a cut does: nothing of it can say goodbye. */
const killAll = ({ pid }: TestReceiver): void => {
  const all = [pid, ...descendants(snapshot(), [pid]).map((entry) => entry.pid)];
  for (const one of all) process.kill(one, 'SIGKILL');
};

/** Sessions come and go meanwhile, and their folders with them. */
const isSending = async (incoming: string): Promise<boolean> => {
  for (const session of await nodeDisk.list(incoming)) {
    if ((await nodeDisk.list(join(incoming, session))).length > 0) return true;
  }
  return false;
};

test('power-cut.md: a server whose power was cut during a backup', { timeout: 400_000 }, async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  expect((await machine.berth('backup')).exitCode).toBe(0);
  const directory = join(receiver.dataDir, 'sources/laptop');
  const before = (await filesBelow(join(directory, 'repo'))).filter((file) => !file.startsWith('locks/'));

  await writeFile(join(machine.files, 'under way'), randomObject(100_000_000).bytes);
  const backup = machine.start('backup');
  await eventually('the backup sends', 60_000, () => isSending(join(directory, 'incoming')));
  killAll(receiver);
  backup.kill('SIGKILL');
  await backup;
  await rm(join(machine.files, 'under way'));

  // What a disk may have lost besides: the end of the last write, a file that was renamed, a move.
  const months = (await readdir(join(directory, 'journal'))).filter((name) => /^\d{4}-\d{2}\.jsonl$/.test(name));
  await appendFile(join(directory, 'journal', months.at(-1) ?? ''), '{"at":"2026-11-21T1');
  await rm(join(directory, 'journal/usage.json'));
  const [lock = ''] = await readdir(join(directory, 'trash/locks'));
  await rename(join(directory, 'trash/locks', lock), join(directory, 'repo/locks', lock.split('.')[0] ?? ''));

  await followRunbook({
    page: 'power-cut.md',
    server: serverHost(receiver),
    machine: machineHost(machine),
    values: { SOURCE: 'laptop' },
    byHand: {
      'power-returns': async () => {
        await receiver.start();
      },
    },
  });
  const after = new Set(await filesBelow(join(directory, 'repo')));
  expect(before.filter((file) => !after.has(file))).toEqual([]);
  const folder = join(machine.directory, 'restored');
  expect((await machine.berth('restore', '--target', folder)).exitCode).toBe(0);
  expect(await differences(machine.files, join(folder, machine.files))).toBe('');
});
