import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../helpers/receiver.ts';
import { withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const makeFiles = `
mkdir -p '/files/two words'
head -c 3000000 /dev/urandom > /files/big
echo plain > "/files/two words/it's"
ln -s nowhere /files/dangling`;

test.each(['0.14', '0.18'] as const)('restic %s: enrol, back up, restore, byte for byte', async (release) => {
  await using container = await withContainer();
  const client = await container.client(release);
  expect(await client.script('restic version')).toContain(`restic ${release}.`);
  await client.script(makeFiles);
  await client.enrol(container, 'laptop', 100);
  expect(await client.run('berth', 'backup')).toMatchObject({ exitCode: 0 });
  expect(await client.run('berth', 'restore', '--target', '/restored')).toMatchObject({ exitCode: 0 });
  expect(
    await client.script('rsync --archive --itemize-changes --checksum --dry-run --delete /files/ /restored/files/'),
  ).toBe('');
  const { stdout } = await container.exec(['berth-server', 'status', 'laptop']);
  expect(stdout).toMatch(/^live +\d/m);
});

test('a container replaced during a backup: the same UIDs, keys and host key, and the retry brings the backup home', async () => {
  await using container = await withContainer();
  const client = await container.client();
  await client.script(makeFiles);
  await client.enrol(container, 'laptop', 31_001);
  await client.script(`
    printf 'retry: { for: 2m, first: 1s, longest: 2s }\\nlimits: { upload: 4M }\\n' >> /etc/berth/agent.yaml
    head -c 40000000 /dev/urandom > /files/large`);
  const [id, hostKey] = [await container.id(), await container.hostKey()];
  const backup = client.run('berth', 'backup', '--json');
  const incoming = join(container.dataDir, 'sources/laptop/repo/data');
  await eventually('some of it is stored', 20_000, async () => {
    const { stdout } = await container.exec(['sh', '-c', 'ls /proc/*/cmdline | xargs grep -l receive | wc -l']);
    return Number(stdout) > 0 && (await stat(incoming)).size > 0;
  });
  expect(await container.up('--memory', '1G')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('replaced'),
  });
  await container.join();
  const { exitCode, stdout, stderr } = await backup;
  expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
  const report = JSON.parse(stdout.split('\n').at(-1) ?? '');
  expect(report).toMatchObject({ event: 'report', outcome: 'ok' });
  expect(report.attempts).toBeGreaterThan(1);

  expect(await container.id()).not.toBe(id);
  expect(await container.hostKey()).toBe(hostKey);
  expect((await stat(join(container.dataDir, 'sources/laptop/repo'))).uid).toBe(31_001);
  expect(await client.run('berth', 'restore', '--target', '/restored')).toMatchObject({ exitCode: 0 });
  expect(
    await client.script('rsync --archive --itemize-changes --checksum --dry-run --delete /files/ /restored/files/'),
  ).toBe('');
});
