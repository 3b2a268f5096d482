import { expect, test } from 'vitest';
import type { Exec, ExecEnd } from '../services/exec.ts';
import { lvm } from './lvm.ts';
import { mountOf, mountsOf } from './mounts.ts';
import { namespacePrefix } from './namespace.ts';
import type { FileSystem } from './source.ts';
import { zfs } from './zfs.ts';

// ZFS and LVM are not on any machine these tests have seen: their tools' answers are recorded from their manuals, which proves the words berth says to
// them and what it makes of their answers, not that a snapshot comes of it.

const never = new AbortController().signal;
const ok: ExecEnd = { code: 0, stdout: '', stderr: '' };

/** Tools that answer as they are told, and a list of what they were asked. */
const recorded = (answers: Readonly<Record<string, ExecEnd>> = {}) => {
  const calls: string[] = [];
  const exec: Exec = async (argv) => {
    const line = argv.join(' ');
    calls.push(line);
    return Object.entries(answers).find(([begin]) => line.startsWith(begin))?.[1] ?? ok;
  };
  return { calls, exec };
};

const take = async (fileSystem: FileSystem, target: string, mount: Parameters<FileSystem['plan']>[1], exec: Exec) => {
  const plan = await fileSystem.plan(target, mount, { exec, suffix: 'berth-1', signal: never });
  for (const { take: make } of plan.snapshots) await make(never);
  return plan;
};

test('ZFS (recorded): a data set is kept by name, mounted by name in the namespace only, and destroyed by name', async () => {
  const { calls, exec } = recorded();
  const plan = await take(
    zfs,
    '/tank/data/shop',
    { target: '/tank/data', type: 'zfs', source: 'tank/data', root: '/' },
    exec,
  );
  expect(plan.places).toMatchObject([
    {
      target: '/tank/data/shop',
      from: { kind: 'mount', type: 'zfs', device: 'tank/data@berth-1', below: '/shop' },
      why: null,
    },
  ]);
  await zfs.remove('tank/data@berth-1', exec, never);
  expect(calls).toEqual([
    'zfs snapshot tank/data@berth-1',
    'zfs list -H -t snapshot -o name tank/data@berth-1',
    'zfs destroy tank/data@berth-1',
  ]);
});

test('ZFS (recorded): one that is gone is removed already, one that is busy is said', async () => {
  const gone = { code: 1, stdout: '', stderr: "cannot open 'tank@berth-1': dataset does not exist\n" };
  const first = recorded({ 'zfs list': gone });
  await zfs.remove('tank@berth-1', first.exec, never);
  expect(first.calls).toHaveLength(1);
  const busy = { code: 1, stdout: '', stderr: 'cannot destroy snapshot tank@berth-1: dataset is busy\n' };
  await expect(zfs.remove('tank@berth-1', recorded({ 'zfs destroy': busy }).exec, never)).rejects.toMatchObject({
    code: 'not-removed',
    message: expect.stringContaining('busy'),
  });
});

const lvs = (lv: object): ExecEnd => ({ ...ok, stdout: JSON.stringify({ report: [{ lv: [lv] }] }) });
const thick = { vg_name: 'vg', lv_name: 'home', pool_lv: '', lv_attr: '-wi-ao----' };

test.each([
  ['ext4', thick, 'ro', '--extents 10%ORIGIN'],
  ['xfs', { ...thick, pool_lv: 'pool', lv_attr: 'Vwi-aotz--' }, 'ro,nouuid', '--setactivationskip n'],
])('LVM (recorded): a volume with %s is kept in a snapshot of its kind', async (type, lv, options, size) => {
  const { calls, exec } = recorded({ 'lvs --reportformat': lvs(lv) });
  const plan = await take(lvm, '/home/ada', { target: '/home', type, source: '/dev/mapper/vg-home', root: '/' }, exec);
  expect(plan.places[0]?.from).toEqual({ kind: 'mount', type, options, device: '/dev/vg/berth-1-home', below: '/ada' });
  expect(plan.snapshots[0]?.thing.name).toBe('vg/berth-1-home');
  expect(calls[1]).toBe(`lvcreate --yes --snapshot ${size} --name berth-1-home vg/home`);
});

test('LVM (recorded): a disk that is no volume of it has no snapshot', async () => {
  const none = recorded({ lvs: { code: 5, stdout: '', stderr: 'Failed to find physical volume "/dev/vda1".' } });
  const mount = { target: '/', type: 'ext4', source: '/dev/vda1', root: '/' };
  await expect(lvm.plan('/home', mount, { exec: none.exec, suffix: 'berth-1', signal: never })).rejects.toMatchObject({
    message: '/dev/vda1 is no volume of LVM',
  });
});

test('of the mounts those are seen that no other covers, whatever their order and their names', () => {
  const mounts = mountsOf(
    [
      '40 30 0:41 / /data/in\\040the\\040way rw - tmpfs tmpfs rw',
      '31 30 0:31 /@home /data rw - btrfs /dev/sda2 rw',
      '30 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw',
      '32 31 0:32 / /data/in\\040the\\040way rw - tmpfs own rw',
      '33 32 0:33 / /data/in\\040the\\040way rw - btrfs /dev/sdb rw',
      'no line of a mount',
    ].join('\n'),
  );
  expect(mounts.map(({ target, source, root }) => [target, source, root])).toEqual([
    ['/', '/dev/sda1', '/'],
    ['/data', '/dev/sda2', '/@home'],
    ['/data/in the way', '/dev/sdb', '/'],
  ]);
  expect(mountOf('/data/in the way/file', mounts)?.source).toBe('/dev/sdb');
  expect(mountOf('/database', mounts)?.target).toBe('/');
});

test('what is above is put in its place before what it would hide', () => {
  const place = (target: string) =>
    ({ target, from: { kind: 'bind', path: `/snap${target}` }, snapshot: null, why: null }) as const;
  const words = namespacePrefix([place('/a/b/c'), place('/a')], '/run/keep');
  expect(words.slice(words.indexOf('--', words.indexOf('/run/keep')) + 1)).toEqual(['1', '/a', '0', '/a/b/c', '--']);
  expect(words).not.toContain('-U');
});
