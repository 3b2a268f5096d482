import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { ClientKey } from './helpers/door.ts';
import { differences } from './helpers/machine.ts';
import { eventually, isRoot, rootlessAccount, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';
import { filesBelow } from './helpers/store-files.ts';

const uid = 1234;
const ownerIn = (mode: 'root' | 'rootless'): number =>
  mode === 'root' ? uid : isRoot ? rootlessAccount.uid : (process.getuid?.() ?? 0);

/** A plain restic repository of two snapshots, made without berth, and what was backed up. */
const plainRepository = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'plain-'));
  const [repo, files, password] = ['repo', 'files', 'password'].map((name) => join(directory, name));
  if (repo === undefined || files === undefined || password === undefined) throw new Error('three paths');
  await mkdir(files);
  await writeFile(password, 'the same password as ever\n');
  const restic = (...words: readonly string[]) =>
    execa('restic', ['--no-cache', '-r', repo, '--password-file', password, ...words], { cwd: files });
  await restic('init');
  for (const name of ['one', 'two']) {
    await writeFile(join(files, name), randomObject(40_000).bytes);
    await restic('backup', '.');
  }
  const dispose = () => rm(directory, { recursive: true, force: true });
  return { directory, repo, files, password, [Symbol.asyncDispose]: dispose };
};

/** restic of the machine, through the receiver. */
const through = async (receiver: TestReceiver, key: ClientKey, password: string, ...words: readonly string[]) => {
  const ssh = ['ssh', ...(await receiver.sshOptions(key)), '-p', receiver.port, `${receiver.login('old')}@127.0.0.1`];
  const options = ['-o', `rclone.program=${ssh.join(' ')}`, '-o', 'rclone.args='];
  return execa('restic', ['--no-cache', '-r', 'rclone:receive', '--password-file', password, ...options, ...words]);
};

/** restic on the server, on the source's own files, as the source. */
const onServer = (owner: number, repo: string, password: string, ...words: readonly string[]) => {
  const become = isRoot ? ['setpriv', `--reuid=${owner}`, `--regid=${owner}`, '--clear-groups'] : ['env'];
  const [file = '', ...rest] = [...become, 'restic', '--no-cache', '--no-lock', '-r', repo];
  return execa(file, [...rest, ...words], { env: { RESTIC_PASSWORD: password.trim() }, cwd: '/' });
};

const adopted = z.object({ recorded: z.number(), damagedCount: z.number() });

for (const mode of ['root', 'rootless'] as const) {
  test.skipIf(mode === 'root' && !isRoot)(
    `${mode}: a plain restic repository that was copied in goes on under berth, with the same password`,
    async () => {
      await using plain = await plainRepository();
      await using receiver = await withReceiver({ mode });
      const key = await receiver.makeKey();
      await receiver.writeSources({ old: { uid, keys: [key.line] } });
      await eventually('the source gets in', 15_000, () => receiver.letsIn('old', key));
      const repo = join(receiver.dataDir, 'sources/old/repo');
      const adopt = (...words: readonly string[]) => receiver.cli('adopt', 'old', ...words, '--data', receiver.dataDir);

      const empty = await adopt();
      expect(empty).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has no config') });
      await cp(plain.repo, repo, { recursive: true });
      const owner = ownerIn(mode);
      if (isRoot) {
        const refused = await adopt();
        expect(refused.exitCode).toBe(1);
        const chown = mode === 'root' ? `chown -hR ${uid}:${uid} ${repo}` : 'chown -hR';
        expect(refused.stderr).toContain(chown);
        await execa('chown', ['-hR', `${owner}:${owner}`, repo]);
      }
      const before = await filesBelow(plain.repo);
      expect(adopted.parse(JSON.parse((await adopt('--json')).stdout))).toEqual(
        expect.objectContaining({ recorded: before.length, damagedCount: 0 }),
      );
      expect((await adopt()).stdout).toContain('nothing to adopt');
      const fsck = await receiver.cli('fsck', 'old', '--verify', '--data', receiver.dataDir);
      expect(fsck).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('clean: journal and files agree') });

      await writeFile(join(plain.files, 'three'), 'since berth');
      await through(receiver, key, plain.password, 'backup', plain.files);
      expect((await through(receiver, key, plain.password, 'check', '--read-data')).stdout).toContain('no errors');
      expect(JSON.parse((await through(receiver, key, plain.password, 'snapshots', '--json')).stdout)).toHaveLength(3);
      const status = await receiver.cli('status', 'old', '--json', '--data', receiver.dataDir);
      const live = z
        .object({ usage: z.object({ live: z.object({ objects: z.number() }) }) })
        .parse(JSON.parse(status.stdout));
      expect(live.usage.live.objects).toBe((await filesBelow(repo)).length);
    },
  );
}

test.skipIf(!isRoot)('plain restic reads repo/ at any time, while a session writes to it', async () => {
  await using plain = await plainRepository();
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ old: { uid, keys: [key.line] } });
  await eventually('the source gets in', 15_000, () => receiver.letsIn('old', key));
  await through(receiver, key, plain.password, 'init');
  await through(receiver, key, plain.password, 'backup', plain.files);
  const repo = join(receiver.dataDir, 'sources/old/repo');
  // On a real server the way to the data is open to all; a test's folder is not.
  await chmod(receiver.directory, 0o755);
  const password = await readFile(plain.password, 'utf8');

  await using client = await restClientOf(receiver, 'old', key);
  const object = randomObject(4_000_000);
  const upload = client.upload(object.path, object.bytes.length);
  upload.write(object.bytes.subarray(0, 2_000_000));
  await eventually('half of it is there', 15_000, async () => {
    const [file] = await filesBelow(join(receiver.dataDir, 'sources/old/incoming'));
    return file !== undefined;
  });
  expect((await onServer(uid, repo, password, 'check', '--read-data')).stdout).toContain('no errors');
  expect((await onServer(uid, repo, password, 'snapshots')).stdout).toContain('1 snapshots');
  const target = await mkdtemp(join(tmpdir(), 'restored-'));
  try {
    await execa('chown', [String(uid), target]);
    await onServer(uid, repo, password, 'restore', 'latest', '--target', target);
    // It ran as the source, which can give files to nobody else.
    await execa('chown', ['-hR', '0:0', target]);
    expect(await differences(`${target}${plain.files}`, plain.files)).toBe('');
  } finally {
    await rm(target, { recursive: true });
  }
});

test('a repository that is damaged, of another layout, or none, is told apart', async () => {
  await using plain = await plainRepository();
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeSources({ old: { uid, keys: [key.line] } });
  await eventually('the source gets in', 15_000, () => receiver.letsIn('old', key));
  const repo = join(receiver.dataDir, 'sources/old/repo');
  const adopt = () => receiver.cli('adopt', 'old', '--data', receiver.dataDir);
  const give = async () => isRoot && execa('chown', ['-hR', `${uid}:${uid}`, repo]);

  await mkdir(join(repo, 'snapshot'));
  await give();
  expect((await adopt()).stderr).toContain('layout of very old versions of restic');
  await rm(join(repo, 'snapshot'), { recursive: true });

  await cp(plain.repo, repo, { recursive: true });
  const [shard = ''] = (await readdir(join(repo, 'data'))).filter((name) => name.length === 2);
  const [pack = ''] = (await filesBelow(join(repo, 'data'))).filter((file) => file.length > shard.length);
  const path = join(repo, 'data', pack);
  await chmod(path, 0o600);
  await writeFile(path, 'damaged by the old disk');
  await give();
  const damaged = await adopt();
  expect([damaged.exitCode, damaged.stdout]).toEqual([3, expect.stringContaining(`repo/data/${pack}`)]);
  await cp(join(plain.repo, 'data', pack), path);
  await give();
  expect((await adopt()).stdout).toContain('adopted 1 objects');

  await unlink(join(repo, 'config'));
  await writeFile(join(repo, 'config'), 'of another repository');
  await give();
  const contradicting = await adopt();
  expect([contradicting.exitCode, contradicting.stderr]).toEqual([1, expect.stringContaining('of another repository')]);
  const fsck = await receiver.cli('fsck', 'old', '--data', receiver.dataDir);
  expect([fsck.exitCode, fsck.stdout]).toEqual([3, expect.stringContaining('--repair')]);
});

test('fsck of a source that uploads by SFTP is refused, and says where its past is', async () => {
  await using receiver = await withReceiver();
  const key = await receiver.makeKey();
  await receiver.writeConfig(`sources:\n  phone: { uid: ${uid}, access: sftp, key: '${key.line}' }\n`);
  await eventually('it is in force', 15_000, async () =>
    (await receiver.cli('sources', '--data', receiver.dataDir)).stdout.includes('phone'),
  );
  for (const command of ['fsck', 'adopt']) {
    const { exitCode, stderr } = await receiver.cli(command, 'phone', '--data', receiver.dataDir);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('by SFTP')]);
  }
});
