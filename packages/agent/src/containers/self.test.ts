import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ownContainerId } from './self.ts';

const id = 'ab'.repeat(32);

test.each([
  ['docker', `721 700 0:31 /docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda rw`, '0::/'],
  ['podman', `9 8 0:2 /containers/overlay-containers/${id}/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw`, '0::/'],
  ['cgroup v1', '', `12:pids:/docker/${id}`],
  ['systemd', '', `0::/system.slice/docker-${id}.scope`],
  ['podman by cgroup', '', `0::/machine.slice/libpod-${id}.scope/container`],
])('an agent in a container knows its own: %s', async (_case, mountinfo, cgroup) => {
  const proc = await mkdtemp(join(tmpdir(), 'proc-'));
  await mkdir(join(proc, 'self'));
  await writeFile(join(proc, 'self/mountinfo'), mountinfo);
  await writeFile(join(proc, 'self/cgroup'), cgroup);
  expect(await ownContainerId(proc)).toBe(id);
  await rm(proc, { recursive: true });
});

test('a machine that only has containers is in none', async () => {
  const proc = await mkdtemp(join(tmpdir(), 'proc-'));
  await mkdir(join(proc, 'self'));
  await writeFile(
    join(proc, 'self/mountinfo'),
    `1 2 0:1 / /var/lib/docker/containers/${id}/mounts/shm rw - tmpfs shm rw`,
  );
  await writeFile(join(proc, 'self/cgroup'), '0::/init.scope');
  expect(await ownContainerId(proc)).toBeNull();
  await rm(proc, { recursive: true });
});
