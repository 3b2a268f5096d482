import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runtimeFolder } from '@berth/server/supervisor/phones/places.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PhonePlaces, phoneUids, type TestPhone, withPhone } from './helpers/phone.ts';
import { inReceiver, parseProbe, probe, probeProgram } from './helpers/probe.ts';
import { eventually, isRoot } from './helpers/receiver.ts';
import { type RecordingSetpriv, recordingSetpriv } from './helpers/recording-setpriv.ts';
import { type LandlockTools, landlockTools } from './helpers/setpriv.ts';

const uids = { laptop: 31_001, max: 31_011 } as const;
const data = '/run/berth/data';
const runtime = '/run/berth/phones';
const runtimeOf = (uid: number): string => runtimeFolder('/run/berth', { uid });

/** Whatever reads the files of a phone is taken over, and looks around behind the walls that the server put around it. */
describe.runIf(isRoot)('what reads a phone’s files, behind its walls (needs root)', () => {
  let tools: LandlockTools;
  let recorder: RecordingSetpriv;
  let phone: TestPhone;
  /** Another's, or the server's own; and this phone's, which not each of its processes may see. */
  let foreign: readonly string[] = [];
  let max: PhonePlaces;

  beforeAll(async () => {
    tools = await landlockTools();
    if (tools.missing !== null) return;
    recorder = await recordingSetpriv(tools);
    let key = '';
    phone = await withPhone({
      setpriv: recorder.folder,
      start: false,
      others: ({ ingest }) => {
        const nas = dirname(dirname(ingest));
        max = { phone: '', ingest: join(nas, 'phones/max'), media: join(nas, 'photos/max') };
        const folders = `ingest: { folder: ${max.ingest}, password_file: max.password }, media: { to: ${max.media} }`;
        return `  max-phone: { uid: ${uids.max}, ${folders} }\n${key}`;
      },
    });
    const { line } = await phone.receiver.makeKey();
    key = `  laptop: { uid: ${uids.laptop}, key: '${line}' }\n`;
    await phone.writeConfig();
    for (const folder of [max.ingest, max.media, join(max.ingest, '.stfolder')]) {
      await mkdir(folder, { recursive: true });
      await chown(folder, uids.max, uids.max);
      await chmod(folder, 0o777);
    }
    const etc = dirname(phone.receiver.configFile);
    await writeFile(join(etc, 'max.password'), 'another password\n', { mode: 0o600 });
    await phone.receiver.start();
    await phone.put('DCIM/Camera/1.jpg');
    await phone.arrived();
    await phone.mirrorShows('the photo', ({ files }) => files.size === 1);
    expect(await phone.cli('phone', 'backup', phone.name)).toMatchObject({ exitCode: 0 });
    foreign = await foreignPaths(phone, max);
  });
  afterAll(async () => {
    await phone?.[Symbol.asyncDispose]();
    await recorder?.[Symbol.asyncDispose]();
    await tools?.[Symbol.asyncDispose]();
  });
  const needed = (skip: (note: string) => void): void => {
    if (tools.missing !== null) skip(tools.missing);
  };

  /** The probe in the place of the program that setpriv was last told to start with `some` among its words. */
  const inPlaceOf = async (some: readonly string[], paths: readonly string[], isJailed = true) => {
    const told = await recorder.told(...some);
    if (told === null) throw new Error(`nothing was started with ${some.join(' ')}`);
    const node = told.findIndex((word) => /^\/.*node$/.test(word));
    const words = isJailed ? told.slice(0, node + 1) : told.slice(0, node + 1).filter(isNoLandlock);
    const inside = ['--mount', '--root', '--target', String(phone.receiver.pid), '--wd=/', '--', 'setpriv'];
    const probing = [...words, '--openssl-config=/dev/null', '-e', probeProgram];
    const task = JSON.stringify({ paths, only: isJailed ? null : ['read', 'list'] });
    return parseProbe((await execa('nsenter', [...inside, ...probing], { input: task })).stdout);
  };
  const mirror = () => ['mirror', phone.places.media];
  const backup = () => ['backup', 'receive.sock', phone.name];
  const store = (part: string): string => join(data, 'sources', phone.name, part);
  const own = () => ({
    ...{ photo: join(phone.places.ingest, 'DCIM/Camera/1.jpg'), copy: join(phone.places.media, 'DCIM/Camera/1.jpg') },
    home: join(data, 'phones', phone.name),
  });

  test('its mirror opens, lists, changes and runs nothing of others, of the server, or of its own store', async ({
    skip,
  }) => {
    needed(skip);
    const rest = [
      store('repo'),
      store('repo/config'),
      join(own().home, 'agent'),
      join(runtime, String(phoneUids.source), 'password'),
    ];
    expect(await inPlaceOf(mirror(), [...foreign, ...rest])).toEqual([]);
  });

  test('its mirror reads what Syncthing brings, and changes nothing of it', async ({ skip }) => {
    needed(skip);
    const done = await inPlaceOf(mirror(), [phone.places.ingest, own().photo]);
    expect(done).toEqual([`read ${phone.places.ingest}`, `list ${phone.places.ingest}`, `read ${own().photo}`]);
  });

  test('its backup, and restic within it, reach nothing of others, of the server, of the mirror, or of the store itself', async ({
    skip,
  }) => {
    needed(skip);
    const parts = ['repo', 'repo/config', 'trash', 'journal'].map(store);
    const rest = [...parts, phone.places.media, own().copy, join(own().home, 'mirror')];
    expect(await inPlaceOf(backup(), [...foreign, ...rest])).toEqual([]);
  });

  test('its backup reads what Syncthing brings and its password, and changes neither', async ({ skip }) => {
    needed(skip);
    const password = join(runtime, String(phoneUids.source), 'password');
    const done = await inPlaceOf(backup(), [password, phone.places.ingest, own().photo]);
    const there = [`read ${phone.places.ingest}`, `list ${phone.places.ingest}`, `read ${own().photo}`];
    expect(done).toEqual([`read ${password}`, ...there]);
  });

  test('who talks to Syncthing opens no file of any phone, nor anything else', async ({ skip }) => {
    needed(skip);
    const rest = [phone.places.ingest, own().photo, phone.places.media, own().copy, own().home, store('repo')];
    expect(await inPlaceOf(['/watch'], [...foreign, ...rest])).toEqual([]);
  });

  test('the session of another source finds nothing of a phone', async ({ skip }) => {
    needed(skip);
    const folders = [
      runtime,
      join(runtime, String(phoneUids.source)),
      join(data, 'phones'),
      own().home,
      max.ingest,
      max.media,
    ];
    const files = [
      join(runtime, String(phoneUids.source), 'receive.sock'),
      join(runtime, String(phoneUids.source), 'password'),
    ];
    const open = ['ingest', 'media'].map((name) => join(name === 'ingest' ? max.ingest : max.media, 'open-to-all'));
    const paths = [...folders, ...files, ...open, phone.places.ingest, own().photo, phone.places.media, own().copy];
    expect(await probe(phone.receiver, 'laptop', uids.laptop, 'jail alone', paths)).toEqual([]);
  });

  test('which it is the walls that see to: without them the same get as far as UIDs let them', async ({ skip }) => {
    needed(skip);
    const done = await inPlaceOf(backup(), [...foreign, store('repo')], false);
    for (const what of [
      `read ${join(max.ingest, 'open-to-all')}`,
      'read /etc/passwd',
      'run /bin/sh',
      `list ${store('repo')}`,
    ])
      expect(done).toContain(what);
    // What UIDs alone keep closed.
    for (const what of ['syncthing.key', 'max.password', 'ssh_host_ed25519_key', join(runtime, String(uids.max))])
      expect(done.filter((line) => line.includes(what))).toEqual([]);
  });
});

const isNoLandlock = (word: string): boolean => !/^(?:--landlock|fs:|path-beneath:)/.test(word);

/** What is another source's, opened to everybody as far as can be, what is the server's, and what is the machine's. */
const foreignPaths = async (phone: TestPhone, max: PhonePlaces): Promise<readonly string[]> => {
  const { receiver } = phone;
  const laptop = join(data, 'sources/laptop');
  const home = join(data, 'phones/max-phone');
  const door = join(runtimeOf(uids.max), 'receive.sock');
  await eventually('the other phone has a door', 30_000, async () => existsSync(inReceiver(receiver, door)));
  for (const folder of [join(laptop, 'repo'), join(laptop, 'trash'), max.ingest, max.media, home]) {
    const open = inReceiver(receiver, join(folder, 'open-to-all'));
    await writeFile(open, 'secret');
    await chmod(open, 0o666);
    await chmod(inReceiver(receiver, folder), 0o777);
  }
  const below = async (folder: string) =>
    (await readdir(inReceiver(receiver, folder), { recursive: true })).map((name) => join(folder, name));
  const etc = dirname(receiver.configFile);
  const secrets = ['', 'sources.yaml', 'syncthing.key', 'lisa-phone.password', 'max.password'].map((name) =>
    join(etc, name),
  );
  const theirs = [laptop, ...(await below(laptop)), max.ingest, max.media, home];
  const open = [max.ingest, max.media, home].map((folder) => join(folder, 'open-to-all'));
  const server = [
    '/run/berth',
    '/run/berth/keys',
    runtime,
    join(runtime, String(uids.max)),
    data,
    join(data, 'phones'),
  ];
  const files = ['receive.sock', 'password'].map((name) => join(runtime, String(uids.max), name));
  const known = ['server.json', 'conditions.json', 'phones/facts.json'].map((name) => join(data, name));
  const machine = ['/', '/etc', '/etc/passwd', '/etc/shadow', '/root', '/tmp', '/proc', '/proc/1/environ', '/sys'];
  const keys = [receiver.hostKeys, join(receiver.hostKeys, 'ssh_host_ed25519_key')];
  return [...theirs, ...open, ...secrets, ...server, ...files, ...known, ...machine, ...keys, dirname(etc)];
};
