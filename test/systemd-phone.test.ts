import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConditions } from '../packages/server/src/events/files.ts';
import { readPhoneFacts } from '../packages/server/src/ingest/facts-file.ts';
import { fetchRestic } from '../scripts/fetch-restic.ts';
import { type BootedHost, bootHost } from './helpers/booted-host.ts';
import { eventually, isRoot, repository } from './helpers/receiver.ts';

/** What the pages say, word for word: the first block of code after these words. */
const blockAfter = async (page: string, words: string): Promise<string> => {
  const text = await readFile(join(repository, page), 'utf8');
  const block = /^```\w*\n(.*?)^```/ms.exec(text.slice(text.indexOf(words)))?.[1];
  if (!text.includes(words) || block === undefined) throw new Error(`${page} has no code after “${words}”`);
  return block;
};

const uid = 1010;
const photo = 'DCIM/Camera/IMG_20261114_180322.jpg';

describe.runIf(isRoot)('a phone on a host where systemd runs the receiver (needs root)', () => {
  let host: BootedHost;
  const berth = (...words: readonly string[]) => host.run('/usr/local/bin/berth-server', ...words);
  const typed = async (script: string, folder = '/root'): Promise<void> => {
    const { exitCode, stderr } = await host.run('sh', '-euc', `cd ${folder}\n${script}`);
    expect([script, exitCode, stderr]).toEqual([script, 0, '']);
  };
  /** As Syncthing writes, which here runs as the phone. */
  const arrives = (path: string, text: string): Promise<void> =>
    typed(
      `setpriv --reuid ${uid} --regid ${uid} --clear-groups sh -euc 'mkdir -p "$(dirname ${path})"; printf %s "${text}" > ${path}'`,
      '/volume1/phones/lisa',
    );
  const mirrored = (path: string): Promise<string | null> =>
    readFile(host.path(join('volume1/photos/lisa', path)), 'utf8').catch(() => null);
  const stat = async (path: string): Promise<string> =>
    (await host.run('stat', '-c', '%u:%g %a', join('/volume1/photos/lisa', path))).stdout;
  const facts = () => readPhoneFacts(host.path('srv/berth')).find(({ name }) => name === 'lisa-phone');
  const open = (): readonly string[] => readConditions(host.path('srv/berth')).map(({ code }) => code);
  const words = async (): Promise<string> => `${JSON.stringify(facts())}\n${(await host.log()).slice(-5000)}`;
  const within = async (what: string, ms: number, look: () => Promise<boolean>): Promise<void> => {
    await eventually(what, ms, look).catch(async (cause: unknown) => {
      throw new Error(`${what}: ${await words()}`, { cause });
    });
  };

  beforeAll(async () => {
    // Debian 13's, as its setpriv.
    const restic = await fetchRestic('0.18');
    host = await bootHost(
      (port) => `server: { port: ${port} }\nsources: {}\n`,
      async (files) => {
        await mkdir(join(files, 'usr/bin'), { recursive: true });
        await cp(restic, join(files, 'usr/bin/restic'));
      },
    );
  }, 120_000);
  afterAll(() => host?.[Symbol.asyncDispose]());

  test('is added as the pages say, and what is missing is named until it is there', async () => {
    await typed(await blockAfter('docs/phone.md', '## 1. Folders'));
    const secrets = await blockAfter('docs/phone.md', 'Two secrets lie beside it');
    await typed(
      secrets.replace(/^.*lisa-phone\.key.*$/m, '(umask 077; echo NobodyAnswersThisOne0123456789AB > lisa-phone.key)'),
      '/etc/berth',
    );
    // Nobody is at that port; and a test does not wait for a minute.
    const sources = (await blockAfter('docs/phone.md', '**Keep a copy of the password'))
      .replace('http://192.168.1.10:8384', 'http://127.0.0.1:1')
      .replace('    media:\n', '    media:\n      every: 10s\n');
    await host.writeSources(`server: { port: ${host.port} }\npage: off\n${sources}`);
    const before = await berth('check');
    expect(before.stdout + before.stderr).toContain('.stfolder');
    await arrives('.stfolder/syncthing-folder-abcd-1234.txt', 'x');
    await arrives(photo, 'the sea');
    await arrives('Documents/letter.txt', 'dear sea');
    expect(await berth('check')).toMatchObject({ exitCode: 0, stderr: '' });
    await within('the service says what it does not see', 60_000, async () => open().includes('ingest-missing'));
    const status = await berth('phone', 'status', 'lisa-phone');
    expect(status.stdout).toContain('install-on-the-host.md');

    const dropIn = await blockAfter('docs/install-on-the-host.md', '**A phone**');
    await typed(
      `mkdir -p berth-server.service.d; cat > berth-server.service.d/override.conf <<'END'\n${dropIn}END`,
      '/etc/systemd/system',
    );
    await typed('systemctl daemon-reload; systemctl restart berth-server');
    expect(await host.run('systemd-analyze', 'verify', 'berth-server.service')).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    await within(
      'the folder is there',
      60_000,
      async () => facts()?.ingest === 'ok' && !open().includes('ingest-missing'),
    );
  });

  test('is mirrored by the service, in folders that pass their group on', async () => {
    await within('the photo', 60_000, async () => (await mirrored(photo)) === 'the sea');
    expect([await stat('DCIM'), await stat('DCIM/Camera'), await stat(photo)]).toEqual([
      ...[`${uid}:100 2750`, `${uid}:100 2750`, `${uid}:100 640`],
    ]);
    expect(await mirrored('Documents/letter.txt')).toBeNull();
    // Of the machine it sees these two folders, and may write one.
    const inside = await host.inService(
      'sh',
      '-c',
      'ls /phones/* / | grep -x -e ingest -e media -e volume1; touch /phones/lisa-phone/ingest/new',
    );
    expect(inside).toMatchObject({ stdout: 'ingest\nmedia', stderr: expect.stringContaining('Read-only file system') });
    const log = await host.log();
    if (!log.includes('"no jail')) expect(log).toContain('jail: landlock');
  });

  test('is mirrored too where the folder was made without the setgid bit, which the service may not set', async () => {
    await typed(`chown ${uid}:${uid} /volume1/photos/lisa; chmod g-s /volume1/photos/lisa`);
    await arrives('Pictures/a.jpg', 'a picture');
    await within('the picture', 60_000, async () => {
      // A pass that fails over it finds the folder made the next time.
      expect(facts()?.mirror?.last).toMatchObject({ outcome: 'done', failed: 0 });
      return (await mirrored('Pictures/a.jpg')) === 'a picture';
    });
    expect(await stat('Pictures')).toBe(`${uid}:${uid} 750`);
    expect(open()).not.toContain('mirror-stuck');
  });

  test('is backed up by the service itself, through all its walls', async () => {
    await within('a first backup', 120_000, async () => facts()?.backup?.ended === 'ran');
    const listed = await berth('phone', 'snapshots', 'lisa-phone', '--json');
    expect({ ...listed, stdout: listed.stdout.match(/"id"/g)?.length }).toEqual({ exitCode: 0, stdout: 1, stderr: '' });
    expect(open().filter((code) => code !== 'syncthing-down')).toEqual([]);
  });

  test('answers what is typed on the host: mirror, backup, status, and a photo brought back', async () => {
    await arrives('DCIM/Camera/new.jpg', 'new');
    // It is let rest for a moment first.
    await within('the new photo', 30_000, async () => {
      const pass = await berth('phone', 'mirror', 'lisa-phone');
      if (pass.exitCode !== 6) expect(pass).toMatchObject({ exitCode: 0, stderr: '' });
      return (await mirrored('DCIM/Camera/new.jpg')) === 'new';
    });
    const backup = await berth('phone', 'backup', 'lisa-phone');
    expect([backup.exitCode, backup.stdout]).toEqual([0, expect.stringContaining('lisa-phone is backed up')]);
    const list = await berth('phone', 'ls', 'lisa-phone', 'DCIM/Camera');
    expect(list.stdout).toContain('new.jpg');
    expect((await berth('phone', 'dump', 'lisa-phone', photo)).stdout).toBe('the sea');
    expect(await berth('phone', 'check-off', 'lisa-phone')).toMatchObject({ exitCode: 0 });
    expect((await berth('phone', 'status', 'lisa-phone')).stdout).toContain('/volume1/photos/lisa');
    // The watcher could ask, and nobody was there.
    expect(facts()?.syncthing?.kind).toBe('down');
    const there = await berth('phone', 'restore', 'lisa-phone', photo, '--to', '/root/lisa');
    expect([there.exitCode, there.stderr]).toEqual([1, expect.stringContaining('phone dump')]);
  });

  test('is the only one to wait for a folder that is missing at a start', async () => {
    await typed('mv /volume1/phones/lisa /volume1/phones/away; systemctl restart berth-server');
    await within('it is missing', 60_000, async () => open().includes('ingest-missing'));
    expect((await host.run('systemctl', 'is-active', 'berth-server')).stdout).toBe('active');
    await typed('mv /volume1/phones/away /volume1/phones/lisa; systemctl restart berth-server');
    await within('it is back', 60_000, async () => !open().includes('ingest-missing'));
  });
});
