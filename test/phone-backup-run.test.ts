import { mkdir, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configOf, coordinatorFolders, linked, startCoordinator } from './helpers/coordinator.ts';
import { snapshotsIn } from './helpers/phone/snapshots.ts';
import { type PhoneBackup, withPhoneBackup } from './helpers/phone/wake.ts';
import { resticBinaries } from './helpers/restic.ts';

const binaries = await resticBinaries();
const anyRestic = binaries.flatMap((binary) => ('path' in binary ? [binary.path] : [])).at(-1) ?? 'restic';

describe('a wake of a phone’s backup', () => {
  let phone: PhoneBackup;
  beforeAll(async () => {
    phone = await withPhoneBackup({ restic: anyRestic });
    await phone.put('DCIM/a.jpg');
  });
  afterAll(() => phone[Symbol.asyncDispose]());
  const snapshots = async () => (await snapshotsIn(phone.repository)).length;

  test('finds no folder, an empty one, or one without its marker: then there is no snapshot and no repository', async () => {
    const elsewhere = join(phone.directory, 'elsewhere');
    expect((await phone.wake({ ingest: elsewhere })).result).toMatchObject({ ended: 'ingest-missing', outcome: null });
    await mkdir(elsewhere);
    expect((await phone.wake({ ingest: elsewhere, marker: null })).result?.ended).toBe('ingest-missing');
    await writeFile(join(elsewhere, 'b.jpg'), 'b');
    expect((await phone.wake({ ingest: elsewhere })).result?.ended).toBe('ingest-missing');
    expect((await phone.wake({ ingest: elsewhere, isNow: false })).result?.ended).toBe('ingest-missing');
    expect(await readdir(phone.repository.repository)).toEqual([]);
    expect(await phone.reports()).toEqual([]);
  });

  test('waits for Syncthing, and then runs, with nobody there to hand out places', async () => {
    const told: string[] = [];
    const { result, stderr } = await phone.wake(
      { isNow: false },
      {
        told: [{ quiet: false }],
        during: (progress, tell) => {
          told.push(progress.type);
          if (progress.type === 'settling') tell({ quiet: true });
        },
      },
    );
    expect(told[0]).toBe('settling');
    expect(result, stderr).toMatchObject({ ended: 'ran', outcome: 'ok', warnings: [] });
    expect(await snapshots()).toBe(1);
  });

  test('does nothing where no run is due', async () => {
    const { result } = await phone.wake({ isNow: false });
    expect(result).toMatchObject({ ended: 'not-due', outcome: null, nextAt: expect.any(String) });
    expect(await snapshots()).toBe(1);
  });

  test('does not wait beyond its deadline: the snapshot is made, with a warning in the report', async () => {
    await rm(join(phone.home, 'state/reports'), { recursive: true });
    const { result } = await phone.wake({ isNow: false, settleMs: 1500 }, { told: [{ quiet: false }] });
    const warnings = [expect.stringMatching(/^syncthing-busy: /)];
    expect(result).toMatchObject({ ended: 'ran', outcome: 'ok', warnings });
    expect(await phone.reports()).toMatchObject([{ outcome: 'ok', warnings }]);
    expect(await snapshots()).toBe(2);
  });

  test('meets a wrong password: no snapshot, no other repository, and words that say what to do', async () => {
    const passwordFile = join(phone.directory, 'wrong');
    await writeFile(passwordFile, 'incorrect horse\n');
    const { result } = await phone.wake({ passwordFile });
    expect(result).toMatchObject({ ended: 'ran', outcome: 'failed', snapshot: null });
    expect(result?.message).toContain('password_file');
    expect(await snapshots()).toBe(2);
  });

  test('whose repository is gone makes no new one', async () => {
    const aside = join(phone.directory, 'aside');
    await rename(phone.repository.repository, aside);
    await mkdir(phone.repository.repository);
    const { result } = await phone.wake();
    expect(result).toMatchObject({ ended: 'ran', outcome: 'failed', message: expect.stringContaining('is gone') });
    expect(result?.remedy).toContain('rewind');
    expect(await readdir(phone.repository.repository)).not.toContain('config');
    await rm(phone.repository.repository, { recursive: true });
    await rename(aside, phone.repository.repository);
  });

  test('takes its place from the coordinator and hands its report in', async () => {
    await using folders = coordinatorFolders();
    const coordinator = startCoordinator(folders);
    try {
      await coordinator.apply(configOf([linked(phone.name)]));
      const controlSocket = join(folders.control, phone.name, 'api.sock');
      const { result } = await phone.wake({ controlSocket });
      expect(result).toMatchObject({ ended: 'ran', outcome: 'ok' });
      const report = (await phone.reports()).at(-1);
      expect(report?.steps[0]).toMatchObject({ name: 'lease', outcome: 'ok' });
      expect(await readdir(join(phone.home, 'state/outbox'))).toEqual([]);
    } finally {
      await coordinator.kill();
    }
  });

  test('that is told to end leaves no session, no lock and nothing running behind', async () => {
    await phone.put('DCIM/long.mp4');
    await truncate(join(phone.ingest, 'DCIM/long.mp4'), 1024 ** 3);
    let asked = false;
    const { result } = await phone.wake(
      {},
      {
        during: (progress, _tell, child) => {
          if (asked || progress.type !== 'progress') return;
          asked = true;
          child.kill('SIGTERM');
        },
      },
    );
    expect(result).toMatchObject({ ended: 'ran', outcome: 'cancelled', snapshot: null });
    await expect.poll(() => phone.door.live(), { timeout: 20_000 }).toBe(0);
    expect(await readdir(join(phone.repository.repository, 'locks')).catch(() => [])).toEqual([]);
    await rm(join(phone.ingest, 'DCIM/long.mp4'));
  });
});
