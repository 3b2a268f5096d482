import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { type Exec, lastWords } from '../services/exec.ts';
import { restOf } from './mounts.ts';
import type { FileSystem, SnapshotThing } from './source.ts';

/**
 * LVM keeps a volume below the file system, https://man7.org/linux/man-pages/man7/lvmthin.7.html and lvcreate(8): a thin one in its pool, any other
 * in a tenth of its size beside it. One that runs full gives errors to restic, which reports them. The volume is frozen for the moment by the kernel;
 * its journal is replayed in the snapshot when it is mounted. Tried with recorded tools only: the kernels of ours have no device mapper.
 */
export const lvm: FileSystem = {
  types: ['ext4', 'ext3', 'ext2', 'xfs'],
  plan: async (target, mount, { exec, suffix, signal }) => {
    const { group, volume, isThin } = await volumeOf(mount.source, exec, signal);
    const name = `${group}/${suffix}-${volume}`;
    const thing: SnapshotThing = { kind: 'snapshot', type: 'lvm', name, mount: null };
    const take = async (ending: AbortSignal): Promise<void> => {
      const size = isThin ? ['--setactivationskip', 'n'] : ['--extents', '10%ORIGIN'];
      const short = `${suffix}-${volume}`;
      const end = await exec(
        ['lvcreate', '--yes', '--snapshot', ...size, '--name', short, `${group}/${volume}`],
        ending,
      );
      if (end.code !== 0) throw new Problem('snapshot-failed', `lvcreate says: ${lastWords(end)}`, 'Look: vgs');
    };
    const from = {
      kind: 'mount',
      type: mount.type,
      options: mount.type === 'xfs' ? 'ro,nouuid' : 'ro',
      device: `/dev/${name}`,
      below: `${mount.root === '/' ? '' : mount.root}${restOf(target, mount.target)}`,
    } as const;
    return { snapshots: [{ thing, take }], places: [{ target, from, snapshot: thing, why: null }] };
  },
  remove: async (name, exec, signal) => {
    const found = await exec(['lvs', '--noheadings', '-o', 'lv_name', name], signal);
    if (found.code !== 0 && /failed to find|not found/i.test(found.stderr)) return;
    let words = '';
    // The kernel may need a moment to let go of what a killed restic had mounted.
    for (let tries = 0; tries < 5; tries += 1) {
      const end = await exec(['lvremove', '--yes', name], signal);
      if (end.code === 0) return;
      words = lastWords(end);
      await pause(1000, undefined, { signal }).catch(() => undefined);
    }
    throw new Problem('not-removed', `The snapshot ${name} is still there: ${words}`, `Remove it: lvremove ${name}`);
  },
};

const told = z.object({
  report: z
    .array(
      z.object({
        lv: z
          .array(
            z.object({
              vg_name: z.string().min(1),
              lv_name: z.string().min(1),
              pool_lv: z.string(),
              lv_attr: z.string(),
            }),
          )
          .length(1),
      }),
    )
    .length(1),
});

const volumeOf = async (
  device: string,
  exec: Exec,
  signal: AbortSignal,
): Promise<{ readonly group: string; readonly volume: string; readonly isThin: boolean }> => {
  const none = new Problem('snapshot-failed', `${device} is no volume of LVM`, 'Nothing is wrong with that.');
  if (!device.startsWith('/dev/')) throw none;
  const asked = ['lvs', '--reportformat', 'json', '-o', 'vg_name,lv_name,pool_lv,lv_attr', device] as const;
  const end = await exec(asked, signal).catch((error: unknown) => {
    // Where there is no LVM, there are no volumes of it.
    throw error instanceof Problem && error.code === 'tool-missing' ? none : error;
  });
  if (end.code !== 0) throw none;
  const parsed = told.safeParse(JSON.parse(end.stdout));
  const lv = parsed.data?.report[0]?.lv[0];
  if (lv === undefined) throw none;
  return { group: lv.vg_name, volume: lv.lv_name, isThin: lv.pool_lv !== '' || lv.lv_attr.startsWith('V') };
};
