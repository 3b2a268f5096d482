import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { differences, hostKeyOf, Machine } from './helpers/machine.ts';
import { eventually, withReceiver } from './helpers/receiver.ts';
import { resticBinaries } from './helpers/restic.ts';

const snapshotList = z.array(z.object({ id: z.string(), paths: z.array(z.string()) }));

for (const binary of await resticBinaries()) {
  const title = `restic ${binary.release}: enrol, paste, let in, back up, list, restore, byte for byte`;
  test.skipIf('missing' in binary)(title, async () => {
    if ('missing' in binary) return;
    await using receiver = await withReceiver();
    await using machine = await Machine.make(binary.path);
    await machine.enrol(receiver);
    expect((await machine.berth('backup')).exitCode).toBe(0);
    const again = await machine.berth('backup', '--json');
    expect(again.exitCode).toBe(0);
    const report = JSON.parse(again.stdout.split('\n').at(-1) ?? '');
    expect(report).toMatchObject({
      event: 'report',
      outcome: 'ok',
      versions: { restic: expect.stringContaining(binary.release) },
    });
    const backup = report.steps.find(({ name }: { readonly name: string }) => name === 'backup');
    expect(backup.numbers).toMatchObject({ filesNew: 0, filesChanged: 0 });
    const snapshots = snapshotList.parse(JSON.parse((await machine.berth('snapshots', '--json')).stdout));
    expect(snapshots.map(({ paths }) => paths)).toEqual([[machine.files], [machine.files]]);
    const target = join(machine.directory, 'restored');
    expect(await machine.berth('restore', '--target', target, '--verify')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('every file was read again and is right'),
    });
    expect(await differences(machine.files, join(target, machine.files))).toBe('');
    expect((await machine.berth('check', '--all')).exitCode).toBe(0);
    expect(await machine.berth('status')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('lets us in') });
    const doctor = await machine.berth('doctor', '--json');
    expect(JSON.parse(doctor.stdout).filter(({ state }: { readonly state: string }) => state === 'failed')).toEqual([]);
  });
}

test('an unconfirmed host key enrols nobody, and what was made is used by the next call', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  const server = `127.0.0.1:${receiver.port}`;
  const unconfirmed = await machine.berth('enroll', server, '--name', 'laptop');
  expect(unconfirmed.exitCode).toBe(5);
  expect(unconfirmed.stderr).toContain(await hostKeyOf(receiver));
  expect(unconfirmed.stderr).toContain('--host-key');
  const made = await readFile(join(machine.home, 'id_ed25519'), 'utf8');
  const wrong = await machine.berth('enroll', server, '--name', 'laptop', '--host-key', `SHA256:${'A'.repeat(43)}`);
  expect(wrong.exitCode).toBe(5);
  expect((await readdir(machine.home)).toSorted()).toEqual(['id_ed25519', 'id_ed25519.pub', 'password']);
  const waiting = await machine.berth(
    'enroll',
    server,
    '--name',
    'laptop',
    '--no-wait',
    '--host-key',
    await hostKeyOf(receiver),
  );
  expect(waiting.exitCode).toBe(0);
  expect(waiting.stderr).toContain(`key: '${(await readFile(join(machine.home, 'id_ed25519.pub'), 'utf8')).trim()}'`);
  expect(await readFile(join(machine.home, 'id_ed25519'), 'utf8')).toBe(made);
});

test('a receiver without root is enrolled with as its user', async () => {
  await using receiver = await withReceiver({ mode: 'rootless' });
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  expect((await machine.berth('backup')).exitCode).toBe(0);
  const target = join(machine.directory, 'restored');
  expect((await machine.berth('restore', '--target', target)).exitCode).toBe(0);
  expect(await differences(machine.files, join(target, machine.files))).toBe('');
});

test('enrolling again changes nothing; another password is refused and nothing is overwritten', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  const content = async () =>
    Promise.all(
      ['id_ed25519', 'password', 'known_hosts', 'agent.yaml'].map((name) => readFile(join(machine.home, name), 'utf8')),
    );
  const before = await content();
  await machine.enrol(receiver);
  expect(await content()).toEqual(before);
  expect((await machine.berth('backup')).exitCode).toBe(0);
  await writeFile(join(machine.home, 'password'), 'another\n');
  await expect(machine.enrol(receiver)).rejects.toThrow('Nothing was changed');
  await writeFile(join(machine.home, 'password'), before[1] ?? '');
  expect(snapshotList.parse(JSON.parse((await machine.berth('snapshots', '--json')).stdout))).toHaveLength(1);
});

test('a changed host key stops every command with exit code 5 and both fingerprints', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  const pinned = await hostKeyOf(receiver);
  await receiver.stop();
  await rm(receiver.hostKeys, { recursive: true });
  await receiver.start();
  const shown = await hostKeyOf(receiver);
  const target = join(machine.directory, 'restored');
  for (const argv of [['backup'], ['snapshots'], ['check'], ['restore', '--target', target]]) {
    const { exitCode, stderr } = await machine.berth(...argv);
    expect(exitCode, argv[0]).toBe(5);
    expect(stderr).toContain(pinned);
    expect(stderr).toContain(shown);
  }
  expect((await machine.berth('status')).exitCode).toBe(5);
  await rm(join(machine.home, 'known_hosts'));
  await machine.enrol(receiver);
  expect((await machine.berth('backup')).exitCode).toBe(0);
});

test('a source that was removed is told so (5), a server that is away too (4)', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  await writeFile(
    join(machine.home, 'agent.yaml'),
    `${await readFile(join(machine.home, 'agent.yaml'), 'utf8')}\nretry: { for: 1s }\n`,
  );
  const publicKey = (await readFile(join(machine.home, 'id_ed25519.pub'), 'utf8')).trim();
  await receiver.writeSources({});
  await eventually('the source is gone', 10_000, async () => (await machine.berth('snapshots')).exitCode === 5);
  const refused = await machine.berth('backup');
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toContain(publicKey);
  await receiver.stop();
  for (const argv of [['backup'], ['snapshots'], ['status']]) {
    expect((await machine.berth(...argv)).exitCode, argv[0]).toBe(4);
  }
});

test('a restore replaces nothing unasked, and brings back what was asked for', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  await machine.berth('backup');
  const target = join(machine.directory, 'restored');
  await mkdir(target);
  await writeFile(join(target, 'mine'), 'mine');
  const refused = await machine.berth('restore', '--target', target);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('--into-existing');
  expect(await readdir(target)).toEqual(['mine']);
  const include = join(machine.files, '-dash');
  expect((await machine.berth('restore', '--target', target, '--into-existing', '--include', include)).exitCode).toBe(
    0,
  );
  expect(await readFile(join(target, 'mine'), 'utf8')).toBe('mine');
  expect(await readdir(join(target, machine.files))).toEqual(['-dash']);
  expect(await differences(include, join(target, include))).toBe('');
  expect((await machine.berth('restore', 'ffffffff', '--target', join(target, 'none'))).stderr).toContain(
    'no such snapshot',
  );
});

test('Ctrl-C ends a backup in order: no process, no lock, and the next run goes on', async () => {
  await using receiver = await withReceiver();
  await using machine = await Machine.make();
  await machine.enrol(receiver);
  await writeFile(
    join(machine.home, 'agent.yaml'),
    `${await readFile(join(machine.home, 'agent.yaml'), 'utf8')}\nlimits: { upload: 100K }\n`,
  );
  const running = machine.start('backup', '--json');
  await eventually('it uploads', 30_000, async () =>
    (await readdir(machine.tmpdir)).some((name) => name.startsWith('berth-ssh-')),
  );
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  running.kill('SIGINT');
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({ event: 'report', outcome: 'cancelled' });
  expect(await readdir(machine.tmpdir)).toEqual([]);
  expect(await readdir(join(receiver.dataDir, 'sources', 'laptop', 'repo', 'locks'))).toEqual([]);
  await writeFile(
    join(machine.home, 'agent.yaml'),
    (await readFile(join(machine.home, 'agent.yaml'), 'utf8')).replace('100K', '100M'),
  );
  expect((await machine.berth('backup')).exitCode).toBe(0);
});
