import { chmod, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { basicRights, jailWords, nodeWords } from '@berth/server/session/jail.ts';
import { librariesOf } from '@berth/server/session/libraries-of.ts';
import { zoneFileOf } from '@berth/server/supervisor/phones/zone-file.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoredFrom, snapshotsIn } from './helpers/phone/snapshots.ts';
import { type PhoneBackup, withPhoneBackup } from './helpers/phone/wake.ts';
import { dialFile, ingestFile } from './helpers/programs.ts';
import { isRoot } from './helpers/receiver.ts';
import { resticBinaries } from './helpers/restic.ts';
import { landlockTools } from './helpers/setpriv.ts';

const binaries = await resticBinaries();

for (const binary of binaries) {
  const restic = 'path' in binary ? binary.path : '';
  const suite = 'path' in binary ? describe : describe.skip;
  suite(`the backup of a phone with restic ${binary.release}`, () => {
    let phone: PhoneBackup;
    const filesOf = async (which: number): Promise<readonly string[]> => {
      const snapshot = (await snapshotsIn(phone.repository)).at(which);
      return [...(await restoredFrom(phone.repository, snapshot?.id ?? '')).keys()].toSorted();
    };
    beforeAll(async () => {
      phone = await withPhoneBackup({ restic });
    });
    afterAll(() => phone[Symbol.asyncDispose]());

    test('its first run makes the repository, and a snapshot of what the phone has, by the phone’s own paths', async () => {
      for (const path of [
        'DCIM/a.jpg',
        'DCIM/.stversions/a.jpg',
        'DCIM/.syncthing.b.jpg.tmp',
        'DCIM/~syncthing~c.tmp',
      ]) {
        await phone.put(path);
      }
      for (const path of ['Android/media/x/.Statuses/s', 'secret/diary', 'DCIM/secret/d.jpg']) await phone.put(path);
      const { result, stderr } = await phone.wake({ exclude: ['Android/media/**/.Statuses', '/secret'] });
      expect(result, stderr).toMatchObject({ ended: 'ran', outcome: 'ok', snapshot: expect.any(String), warnings: [] });
      expect(await filesOf(0)).toEqual(['DCIM/a.jpg', 'DCIM/secret/d.jpg']);
      const [report] = await phone.reports();
      expect(report?.steps.map(({ name }) => name)).toEqual([
        'connect',
        'unlock',
        'backup',
        'forget',
        'prune',
        'check',
      ]);
    });

    test('a second run of the same files adds nothing, and finds the first, also by a link to the folder', async () => {
      const ingest = join(phone.directory, 'link');
      await symlink(phone.ingest, ingest);
      const { result } = await phone.wake({ ingest, exclude: ['Android/media/**/.Statuses', '/secret'] });
      expect(result).toMatchObject({ ended: 'ran', outcome: 'ok' });
      const backup = (await phone.reports()).at(-1)?.steps.find(({ name }) => name === 'backup');
      expect(backup?.numbers).toMatchObject({ filesNew: 0, filesChanged: 0, filesUnmodified: 2, bytesAdded: 0 });
      expect(await snapshotsIn(phone.repository)).toHaveLength(2);
    });

    test('a file that goes away before it is read keeps no backup from being whole', async () => {
      // Long enough to read that restic still is at it when it first says how far it is.
      for (const index of [1, 2, 3, 4]) {
        await phone.put(`DCIM/long/a${index}.mp4`);
        await truncate(join(phone.ingest, `DCIM/long/a${index}.mp4`), 400 * 1024 ** 2);
      }
      await phone.put('DCIM/long/z.jpg');
      let isGone = false;
      const { result } = await phone.wake(
        {},
        {
          during: (progress) => {
            if (isGone || progress.type !== 'progress' || progress.bytesDone === 0) return;
            isGone = true;
            void rm(join(phone.ingest, 'DCIM/long/z.jpg'));
          },
        },
      );
      expect(isGone).toBe(true);
      // 0.18 itself takes it for one that was deleted before.
      const warnings = binary.release === '0.14' ? [expect.stringContaining('1 file went away')] : [];
      expect(result).toMatchObject({ ended: 'ran', outcome: 'ok', snapshot: expect.any(String), warnings });
      await rm(join(phone.ingest, 'DCIM/long'), { recursive: true });
    });
  });
}

const stranger = 61_310;
const timeZone = 'Pacific/Kiritimati';

for (const binary of binaries) {
  test(`restic ${binary.release} of a UID without an account backs up behind Landlock, and reaches no file of the store`, async ({
    skip,
  }) => {
    await using tools = await landlockTools();
    if (!isRoot || tools.missing !== null || 'missing' in binary) return skip('needs root, Landlock and that restic');
    await using phone = await withPhoneBackup({ restic: binary.path, uid: stranger });
    await phone.put('DCIM/a.jpg');
    await phone.put('DCIM/closed.jpg');
    await chmod(join(phone.ingest, 'DCIM/closed.jpg'), 0);
    // Whoever may reach anything could put this into a snapshot: the store's own files are open to all.
    await symlink(phone.store, join(phone.ingest, 'link'));
    await chmod(phone.store, 0o777);
    const cell = {
      ...{ node: process.execPath, program: ingestFile, readable: [phone.ingest], writable: [phone.home] },
      ...{ files: [phone.args.passwordFile], programs: [binary.path] },
      system: { files: [...(await librariesOf(binary.path)), zoneFileOf(timeZone) ?? ''], folders: [] },
    };
    const jail = { kind: 'landlock', rights: basicRights, libraries: await librariesOf(process.execPath) } as const;
    const become = [`--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups', '--no-new-privs'];
    const wrap = [tools.setpriv, ...become, ...jailWords(jail, cell)];
    const dialCell = { program: dialFile, readable: [], writable: [] };
    const dial = [process.execPath, ...nodeWords(dialCell), dialFile];
    const { result, stderr } = await phone.wake({ dial, timeZone }, { wrap, node: nodeWords(cell) });
    const backup = (await phone.reports()).at(-1)?.steps.find(({ name }) => name === 'backup');
    expect(result, `${stderr}${JSON.stringify(backup)}`).toMatchObject({ ended: 'ran', outcome: 'incomplete' });
    expect(result?.words).toContainEqual(expect.stringMatching(/^backup: .*\/DCIM\/closed.jpg/));
    expect(
      backup?.words.filter((line) => line.startsWith('/')),
      'only what it may not read',
    ).toEqual([expect.stringContaining('/DCIM/closed.jpg')]);
    expect((await snapshotsIn(phone.repository))[0]?.time, 'days are those of the server').toMatch(/\+14:00$/);
    const second = await phone.wake({ ingest: phone.store, marker: null }, { wrap, node: nodeWords(cell) });
    expect(second.result).toMatchObject({ ended: 'ingest-unreadable' });
  });
}
