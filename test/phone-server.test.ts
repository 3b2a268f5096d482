import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPhoneFacts } from '../packages/server/src/ingest/facts-file.ts';
import { snapshotsIn } from './helpers/phone/snapshots.ts';
import { phoneUids, type TestPhone, withPhone } from './helpers/phone.ts';
import { eventually, isRoot } from './helpers/receiver.ts';
import { type LandlockTools, landlockTools } from './helpers/setpriv.ts';

const neighbour = 31_001;

describe.each(['root', 'rootless'] as const)('a server with a phone, and nobody who types anything (%s)', (mode) => {
  let tools: LandlockTools;
  let phone: TestPhone;
  const runtime = `/phones/${phoneUids.source}`;
  const inNamespace = (path: string): string =>
    mode === 'root' ? `/proc/${phone.receiver.pid}/root/run/berth${path}` : join(phone.receiver.dataDir, 'run', path);
  const facts = () => readPhoneFacts(phone.receiver.dataDir)[0];

  beforeAll(async () => {
    if (mode === 'root' && !isRoot) return;
    tools = await landlockTools();
    phone = await withPhone({ mode, syncthing: false, setpriv: mode === 'root' ? tools.folder : null });
  });
  afterAll(async () => {
    await phone?.[Symbol.asyncDispose]();
    await tools?.[Symbol.asyncDispose]();
  });
  const needed = (skip: (note: string) => void): void => {
    if (mode === 'root' && !isRoot) skip('needs root, for a UID of its own');
  };

  test('mirrors what arrives, backs it up by itself, and knows of it', async ({ skip }) => {
    needed(skip);
    await phone.put('DCIM/Camera/1.jpg');
    await phone.mirrorShows('the photo', ({ files }) => files.size === 1);
    await eventually(
      'a first snapshot',
      60_000,
      async () => (await snapshotsIn(phone.repository())).length === 1,
    ).catch((cause: unknown) => {
      throw new Error(`${JSON.stringify(facts())}\n${phone.receiver.log.slice(-5000)}`, { cause });
    });
    await eventually('it is known', 20_000, async () => facts()?.backup?.ended !== null && facts()?.ingest === 'ok');
    expect(facts()).toMatchObject({ name: 'lisa-phone', syncthing: null, mirror: { failures: 0 } });
    expect((await phone.events()).open.map(({ code }) => code)).toEqual([]);
  });

  test('what it stored belongs to the phone, and so does what runs for it', async ({ skip }) => {
    needed(skip);
    const repository = await stat(phone.repository().repository);
    const home = await stat(join(phone.receiver.dataDir, 'phones/lisa-phone/agent'));
    expect(home.uid).toBe(repository.uid);
    expect(home.mode & 0o777).toBe(0o700);
    if (mode === 'root') expect(home.uid).toBe(phoneUids.source);
  });

  test('its door opens for the phone, and for no other source', async ({ skip }) => {
    needed(skip);
    if (mode !== 'root') skip('all sources share one UID');
    const program = `require('node:net').connect('/run/berth/phones/${phoneUids.source}/receive.sock')
      .on('connect', () => { console.log('open'); process.exit(); }).on('error', ({ code }) => { console.log(code); process.exit(); })`;
    const knock = async (uid: number): Promise<string> => {
      const become = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', program];
      const into = ['--mount', '--root', '--target', String(phone.receiver.pid), '--', ...become];
      return (await execa('nsenter', into)).stdout;
    };
    expect(await knock(phoneUids.source)).toBe('open');
    expect(await knock(neighbour)).toBe('EACCES');
    const password = inNamespace(`${runtime}/password`);
    expect(await stat(password)).toMatchObject({ uid: phoneUids.source, mode: 0o100400 });
    expect(await readFile(password, 'utf8')).toBe('a password of the test\n');
  });

  test('a folder that is gone is a condition and no snapshot, and over when it is back', async ({ skip }) => {
    needed(skip);
    await rm(join(phone.places.ingest, '.stfolder'), { recursive: true });
    expect(await phone.says('ingest-missing')).toContain('.stfolder');
    expect(await snapshotsIn(phone.repository())).toHaveLength(1);
    await phone.put('.stfolder/back');
    await phone.says('ingest-missing', false);
  });

  test('taken out of sources.yaml it loses its door and its password and keeps its data; put back, it goes on', async ({
    skip,
  }) => {
    needed(skip);
    const isThere = (path: string): Promise<boolean> =>
      stat(path).then(
        () => true,
        () => false,
      );
    const socket = inNamespace(`${runtime}/receive.sock`);
    expect(await isThere(socket)).toBe(true);
    if (mode === 'root') expect(await isThere(inNamespace('/keys/lisa-phone'))).toBe(false);
    await phone.receiver.writeSources({});
    await eventually('its door is gone', 20_000, async () => !(await isThere(inNamespace(runtime))));
    await eventually('nothing is known of it', 20_000, async () => facts() === undefined);
    expect(await isThere(join(phone.receiver.dataDir, 'phones/lisa-phone/mirror/index.db'))).toBe(true);
    await phone.writeConfig();
    await eventually('its door is back', 20_000, async () => isThere(socket));
    await phone.put('DCIM/Camera/2.jpg');
    await phone.mirrorShows('the second photo', ({ files }) => files.size === 2);
  });

  test('ends with the server, and leaves no door', async ({ skip }) => {
    needed(skip);
    expect(await phone.receiver.stop()).toBe(0);
    if (mode === 'rootless') await expect(stat(inNamespace(`${runtime}/receive.sock`))).rejects.toThrow('ENOENT');
    expect(facts()?.name).toBe('lisa-phone');
  });
});
