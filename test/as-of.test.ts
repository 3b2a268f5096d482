import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { quoteForRestic, resticOption } from '../packages/agent/src/transport/quote.ts';
import { differences, Machine } from './helpers/machine.ts';
import { eventually, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { resticBinaries } from './helpers/restic.ts';
import { filesBelow } from './helpers/store-files.ts';

const types = ['data', 'index', 'snapshots', 'keys', 'locks'] as const;
const snapshotList = z.array(z.object({ id: z.string() }));

/** What the files were at a moment, and how that moment is written. */
interface Kept {
  readonly moment: string;
  readonly files: string;
  readonly snapshots: number;
}

/** A machine with a past: backups of changing files. */
const withPast = async (restic: string | undefined) => {
  await using stack = new AsyncDisposableStack();
  const receiver = stack.use(await withReceiver());
  const machine = stack.use(await Machine.make(restic));
  await machine.enrol(receiver);
  const past: Kept[] = [];
  /** Keeps a copy of the files as they are, and the moment, with some room around it. */
  const keep = async (snapshots: number): Promise<void> => {
    const files = join(machine.directory, `kept ${past.length}`);
    await execa('cp', ['-a', machine.files, files]);
    await sleep(30);
    past.push({ moment: new Date().toISOString(), files, snapshots });
    await sleep(30);
  };
  const backUp = async (): Promise<void> => {
    const { exitCode, stderr } = await machine.berth('backup');
    expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  };
  const open = stack.move();
  return { receiver, machine, past, keep, backUp, [Symbol.asyncDispose]: () => open.disposeAsync() };
};

/** restic itself, as a person without berth would run it, with the machine's key and password. */
const plainRestic = async (receiver: TestReceiver, machine: Machine, binary: string, ...args: readonly string[]) => {
  const key = { file: join(machine.directory, 'plain key'), line: '' };
  await cp(join(machine.home, 'id_ed25519'), key.file);
  const ssh = ['ssh', ...(await receiver.sshOptions(key)), '-p', String(receiver.port), 'laptop@127.0.0.1'];
  const options = [resticOption('rclone.program', quoteForRestic(ssh)), 'rclone.args='].flatMap((each) => ['-o', each]);
  const cache = ['--cache-dir', join(machine.directory, 'plain cache')];
  const password = ['--password-file', join(machine.home, 'password')];
  return execa(binary, [...options, ...cache, ...password, '-r', 'rclone:receive', ...args], { timeout: 60_000 });
};

/** Deletes everything, as one who has the machine's key and none of restic's manners. */
const wipe = async (receiver: TestReceiver, machine: Machine): Promise<void> => {
  await using client = await restClientOf(receiver, 'laptop', { file: join(machine.home, 'id_ed25519'), line: '' });
  const version1 = { accept: 'application/vnd.x.restic.rest.v1' };
  for (const type of types) {
    const { body } = await client.request('GET', `/${type}/`, null, version1);
    for (const name of z.array(z.string()).parse(JSON.parse(body.toString()))) {
      expect((await client.request('DELETE', `/${type}/${name}`)).status).toBe(200);
    }
  }
  expect((await client.request('DELETE', '/config')).status).toBe(200);
};

/** Every file of the source with what it is, its times included. */
const everything = async (folder: string): Promise<readonly string[]> =>
  Promise.all(
    (await filesBelow(folder)).map(async (file) => {
      const { mtimeMs, ctimeMs, ino, nlink, mode, uid } = await stat(join(folder, file));
      const hash = createHash('sha256').update(await readFile(join(folder, file)));
      return [file, mtimeMs, ctimeMs, ino, nlink, mode, uid, hash.digest('hex')].join(' ');
    }),
  );

const sessionsEnded = (source: string) =>
  eventually('its sessions have ended', 10_000, async () => (await readdir(join(source, 'incoming'))).length === 0);

for (const binary of await resticBinaries()) {
  const title = `restic ${binary.release}: after backups, a forget, a prune and a wipe, every moment comes back byte for byte`;
  test.skipIf('missing' in binary)(title, { timeout: 400_000 }, async () => {
    if ('missing' in binary) return;
    await using scene = await withPast(binary.path);
    const { receiver, machine, past, keep, backUp } = scene;
    const began = new Date(Date.now() - 60_000).toISOString();
    await backUp();
    await keep(1);
    await writeFile(join(machine.files, 'big'), Buffer.alloc(2_000_000, 'changed'));
    await rm(join(machine.files, 'empty'));
    await backUp();
    await keep(2);
    await writeFile(join(machine.files, 'more'), 'more');
    await backUp();
    const { stdout } = await plainRestic(receiver, machine, binary.path, 'forget', '--keep-last', '1', '--prune');
    expect(stdout).toMatch(/remov/);
    await keep(1);
    await wipe(receiver, machine);

    const source = join(receiver.dataDir, 'sources/laptop');
    await sessionsEnded(source);
    const before = await everything(source);
    const cached = await filesBelow(join(machine.home, 'state', 'cache'));
    expect(await filesBelow(join(source, 'repo'))).toEqual([]);

    for (const [index, { moment, files, snapshots }] of past.entries()) {
      const listed = await machine.berth('snapshots', '--as-of', moment, '--json');
      expect(listed.stderr).toMatch(/^as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(\S+\)$/m);
      expect(snapshotList.parse(JSON.parse(listed.stdout))).toHaveLength(snapshots);
      const target = join(machine.directory, `restored ${index}`);
      expect(await machine.berth('restore', '--as-of', moment, '--target', target)).toMatchObject({ exitCode: 0 });
      expect(await differences(files, join(target, machine.files))).toBe('');
      const checked = await machine.berth('check', '--as-of', moment, '--all', '--json');
      expect([checked.exitCode, JSON.parse(checked.stdout)]).toEqual([0, { check: 'ok', share: '100%', asOf: moment }]);
    }

    const wiped = await machine.berth('snapshots', '--as-of', new Date().toISOString());
    expect([wiped.exitCode, wiped.stderr]).toEqual([1, expect.stringContaining('had no repository at that moment')]);
    const tooEarly = await machine.berth('snapshots', '--as-of', began);
    expect([tooEarly.exitCode, tooEarly.stderr]).toEqual([
      1,
      expect.stringContaining('the past of this source begins at'),
    ]);

    expect(await everything(source)).toEqual(before);
    expect(await filesBelow(join(machine.home, 'state', 'cache'))).toEqual(cached);
    expect(await readdir(machine.tmpdir)).toEqual([]);
  });
}

describe('the past of a machine that goes on', () => {
  test('is in nobody’s way: backups go on while it is read', async () => {
    await using scene = await withPast(undefined);
    const { receiver, machine, past, keep, backUp } = scene;
    await backUp();
    await keep(1);
    const [first] = past;
    if (first === undefined) throw new Error('one was kept');
    await using client = await restClientOf(receiver, 'laptop', { file: join(machine.home, 'id_ed25519'), line: '' });
    const { bytes, path } = randomObject(200_000);
    const upload = client.upload(path, bytes.length);
    upload.write(bytes.subarray(0, 100_000));
    await writeFile(join(machine.files, 'new'), Buffer.alloc(20_000_000, 'new'));
    const running = machine.start('backup');
    for (let round = 0; round < 3; round += 1) {
      expect(await machine.berth('check', '--as-of', first.moment)).toMatchObject({ exitCode: 0 });
    }
    expect((await running).exitCode).toBe(0);
    const answered = new Promise((resolve) => upload.on('response', (headers) => resolve(headers[':status'])));
    upload.end(bytes.subarray(100_000));
    expect(await answered).toBe(200);
  });

  test('is whole while everything is deleted under it', async () => {
    await using scene = await withPast(undefined);
    const { receiver, machine, past, keep, backUp } = scene;
    for (let file = 0; file < 40; file += 1) {
      await writeFile(join(machine.files, `file ${file}`), Buffer.alloc(1_000_000, String(file)));
    }
    await backUp();
    await keep(1);
    const [first] = past;
    if (first === undefined) throw new Error('one was kept');
    const target = join(machine.directory, 'restored');
    const restoring = machine.start('restore', '--as-of', first.moment, '--target', target);
    await wipe(receiver, machine);
    expect((await restoring).exitCode).toBe(0);
    expect(await differences(first.files, join(target, machine.files))).toBe('');
  });

  test('that has lost something says so, and its check fails', async () => {
    await using scene = await withPast(undefined);
    const { receiver, machine, past, keep, backUp } = scene;
    await backUp();
    await keep(1);
    await wipe(receiver, machine);
    const source = join(receiver.dataDir, 'sources/laptop');
    await sessionsEnded(source);
    const [month = ''] = (await readdir(join(source, 'journal'))).filter((name) => name.endsWith('.jsonl'));
    // The purge of a pack, as it stands in the journal.
    const [pack = ''] = await readdir(join(source, 'trash/data'));
    const [name, of] = pack.split('.');
    const size = (await stat(join(source, 'trash/data', pack))).size;
    const purge = { at: new Date().toISOString(), op: 'purge', type: 'data', name, size, of: Number(of) };
    await writeFile(join(source, 'journal', month), `${JSON.stringify(purge)}\n`, { flag: 'a' });
    await rm(join(source, 'trash/data', pack));
    const moment = past[0]?.moment ?? '';
    const listed = await machine.berth('snapshots', '--as-of', moment);
    expect([listed.exitCode, listed.stderr]).toEqual([
      0,
      expect.stringContaining('1 object of that moment is gone for good'),
    ]);
    const checked = await machine.berth('check', '--as-of', moment, '--json');
    expect([checked.exitCode, JSON.parse(checked.stdout).error.code]).toEqual([1, 'damaged']);
    expect(checked.stderr).toContain('gone for good');
  });

  test('takes a moment to come for now', async () => {
    await using scene = await withPast(undefined);
    const { machine, backUp } = scene;
    await backUp();
    const future = await machine.berth('snapshots', '--as-of', '2099-01-01', '--json');
    expect([future.exitCode, future.stderr]).toEqual([0, expect.stringContaining('yet to come: as it is now')]);
    expect(snapshotList.parse(JSON.parse(future.stdout))).toHaveLength(1);
  });
});

for (const binary of await resticBinaries()) {
  const title = `restic ${binary.release}: a server from before --as-of is named as what it is`;
  test.skipIf('missing' in binary)(title, async () => {
    if ('missing' in binary) return;
    await using receiver = await withReceiver();
    const programs = join(receiver.directory, 'programs');
    await mkdir(programs);
    await symlink(binary.path, join(programs, 'restic'));
    // To an older server every --as-of is just a command that it does not know.
    await writeFile(
      join(programs, 'ssh'),
      `#!/bin/bash
for word; do words+=("\${word/#receive --as-of/receive --as-old}"); done
exec /usr/bin/ssh "\${words[@]}"
`,
    );
    await chmod(join(programs, 'ssh'), 0o755);
    await using machine = await Machine.make(join(programs, 'restic'));
    await machine.enrol(receiver);
    const { exitCode, stdout, stderr } = await machine.berth('snapshots', '--as-of', '3d', '--json');
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, 'server-too-old']);
    expect(stderr).toContain('does not know --as-of');
  });
}
