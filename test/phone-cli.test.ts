import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, readlink, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { jpegTakenAt } from '@berth/server/ingest/dates/testing.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { photoNames, type TestPhone, withPhone } from './helpers/phone.ts';
import { eventually, isRoot } from './helpers/receiver.ts';
import { type LandlockTools, landlockTools } from './helpers/setpriv.ts';

/** Each step leaves the phone as the next one finds it. Nobody syncs: the test puts files where they arrive. */
describe('what the admin types about a phone', () => {
  const mode = isRoot ? 'root' : 'rootless';
  let phone: TestPhone;
  let tools: LandlockTools;
  let aside = '';
  const photos = photoNames(3, '20241101');
  const [first = '', second = ''] = photos;
  const monthAgo = Date.now() / 1000 - 30 * 86_400;

  beforeAll(async () => {
    aside = await mkdtemp(join(tmpdir(), 'berth-phone-cli-'));
    // The phone's own UID walks there too.
    await chmod(aside, 0o755);
    tools = await landlockTools();
    // So seldom that only what is typed here does anything.
    phone = await withPhone({
      mode,
      setpriv: isRoot ? tools.folder : null,
      syncthing: false,
      media: { every: '1d', layout: 'by-date' },
      source: { every: '30d' },
    });
  });
  afterAll(async () => {
    await phone?.[Symbol.asyncDispose]();
    await tools?.[Symbol.asyncDispose]();
    if (aside !== '') await rm(aside, { recursive: true });
  });
  const typed = async (...words: readonly string[]) => {
    const { stdout, stderr, exitCode } = await phone.cli('phone', ...words);
    return { stdout, stderr, exitCode, said: `${stdout}${stderr}` };
  };
  const put = async (path: string, seed: number): Promise<void> => {
    await phone.put(path, jpegTakenAt(new Date('2024-11-01T12:00:00Z'), seed));
    await utimes(join(phone.places.phone, path), monthAgo, monthAgo);
  };
  /** Who has no Syncthing is given ten seconds to finish writing. */
  const mirrored = (files: number) =>
    eventually(`${files} files in the mirror`, 60_000, async () => {
      const { stdout } = await typed('mirror', 'lisa-phone', '--json');
      return stdout !== '' && JSON.stringify(parseJson(stdout)).includes(`"files":${files},`);
    });

  test('a name that is no phone is answered with those there are', async () => {
    for (const command of ['status', 'check-off']) {
      const { stderr, exitCode } = await typed(command, 'tom-phone');
      expect(stderr).toContain('No phone "tom-phone" is in force.\n  These are: lisa-phone.');
      expect(exitCode).toBe(1);
    }
  });

  test('mirror copies what is there, by date, and says what it did', async () => {
    for (const [index, path] of photos.entries()) await put(path, index);
    await mirrored(3);
    const { stdout, exitCode } = await typed('mirror', 'lisa-phone');
    expect(stdout).toContain(`Nothing new was copied to ${phone.places.media}.\n3 files in the mirror`);
    expect(exitCode).toBe(0);
    expect(await readdir(join(phone.places.media, '2024/11'))).toHaveLength(3);
  });

  test('backup makes one, and check-off lets what it holds go', async () => {
    // The mirror leaves it alone.
    await symlink('1.jpg', join(phone.places.phone, 'DCIM/newest'));
    const backup = await typed('backup', 'lisa-phone');
    expect(backup.said).toContain('lisa-phone is backed up: snapshot ');
    expect(backup.exitCode).toBe(0);
    const { stdout, said, exitCode } = await typed('check-off', 'lisa-phone', '--older', '7d');
    expect(said).toContain('3 files (');
    expect(stdout).toContain('may be deleted on the phone.');
    expect(exitCode).toBe(0);
    const listed = await typed('check-off', 'lisa-phone', '--list');
    expect(listed.stdout.split('\n').toSorted()).toEqual([...photos].toSorted());
  });

  test('check-off keeps what has changed since, what is new, and what the mirror has otherwise', async () => {
    await put(first, 99);
    await put('DCIM/new.jpg', 100);
    await mirrored(4);
    const { stdout, exitCode } = await typed('check-off', 'lisa-phone', '--json');
    expect(parseJson(stdout)).toMatchObject({
      counted: [
        { why: 'safe', files: 2 },
        { why: 'not-in-snapshot', files: 1, examples: ['DCIM/new.jpg'] },
        { why: 'changed-since-snapshot', files: 1, examples: [first] },
      ],
    });
    expect(exitCode).toBe(3);
  });

  test('snapshots, ls, dump and restore bring back what was', async () => {
    expect((await typed('snapshots', 'lisa-phone')).stdout).toMatch(/^ID +TIME +FILES +SIZE\n[0-9a-f]{8} {2}/);
    expect((await typed('ls', 'lisa-phone', 'DCIM/Camera')).stdout).toContain(second);
    const dumped = await typed('dump', 'lisa-phone', second);
    expect(dumped.exitCode).toBe(0);
    expect(dumped.stdout).toContain('seed 1');
    const target = join(aside, `restored-${mode}`);
    const restored = await typed('restore', 'lisa-phone', first, 'DCIM/newest', '--to', target);
    expect(restored.said).toContain(target);
    expect([restored.exitCode, await readlink(join(target, 'DCIM/newest'))]).toEqual([0, '1.jpg']);
    const was = createHash('sha256')
      .update(jpegTakenAt(new Date('2024-11-01T12:00:00Z'), 0))
      .digest('hex');
    expect(
      createHash('sha256')
        .update(await readFile(join(target, first)))
        .digest('hex'),
    ).toBe(was);
  });

  test('status says how it is, for people and for programs', async () => {
    const { stdout, exitCode } = await typed('status');
    expect(stdout).toContain(`lisa-phone\n  phone      nobody can say when it was seen`);
    expect(stdout).toContain(`mirror     ${phone.places.media}: `);
    expect(exitCode).toBe(0);
    const one = await typed('status', 'lisa-phone', '--json');
    expect(parseJson(one.stdout)).toMatchObject({ up: true, name: 'lisa-phone', facts: { ingest: 'ok' } });
  });

  test('what is not there is said in one sentence, with what to do', async () => {
    await rm(phone.places.media, { recursive: true });
    const { stderr, exitCode } = await typed('mirror', 'lisa-phone');
    expect(stderr).toContain(
      `${phone.places.media} is not there.\n  See that the server runs and that its disk is mounted.`,
    );
    expect(exitCode).toBe(1);
  });
});
