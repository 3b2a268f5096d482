import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { isRoot } from '../../test/helpers/receiver.ts';
import { Skipped } from '../experiment.ts';

/** An ext4 of its own, whose power can be cut. Disposing unmounts it. */
export interface LoopDisk extends AsyncDisposable {
  /** Where it is mounted, as this process and its children reach it. */
  readonly path: string;
  /**
   * Cuts its power: from this moment nothing more reaches it, also not what is in the page cache and in the journal's
   * buffers, and every call on it fails with EIO.
   */
  readonly cut: () => Promise<void>;
  /** Mounts it again, as after a power cut: ext4 replays its journal. Everything that used it must have ended. */
  readonly restore: () => Promise<void>;
}

/**
 * Makes one of 256 MiB in `folder`. The cut is EXT4_IOC_SHUTDOWN without a flush of the log (the kernel's
 * fs/ext4/ioctl.c; xfstests cut power with it, src/godown.c). Its own commits come 300 s apart, so that what survives was
 * synced. Rejects with `Skipped` where no such disk can be made.
 */
export const loopDisk = async (folder: string): Promise<LoopDisk> => {
  if (!isRoot) throw new Skipped('mounting a disk needs root');
  const image = join(folder, 'disk.img');
  const inside = join(folder, 'mounted');
  await writeFile(image, '');
  await truncate(image, 256 * 1024 * 1024);
  await mkdir(inside);
  await execa('mkfs.ext4', ['-q', '-F', image]);
  const room = await roomOfItsOwn();
  const mount = () => room.run('mount', '-o', 'loop,commit=300', image, inside);
  try {
    await mount();
  } catch (cause) {
    await room[Symbol.asyncDispose]();
    throw new Skipped(`no disk can be mounted here: ${firstLine(cause)}`, { cause });
  }
  const path = `/proc/${room.pid}/root${inside}`;
  return {
    path,
    cut: () => room.run('perl', '-e', shutDown, inside),
    restore: async () => {
      await room.run('umount', inside);
      await mount();
    },
    [Symbol.asyncDispose]: () => room[Symbol.asyncDispose](),
  };
};

/**
 * A mount namespace that nothing is started from: every namespace that somebody else makes meanwhile would keep a mount
 * of ours alive after we have unmounted it. What is mounted goes with it, and it goes with this process.
 */
const roomOfItsOwn = async () => {
  const words = [
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'echo; exec sleep infinity',
  ];
  const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) throw new Skipped('no mount namespace can be made here');
  return {
    pid,
    run: async (...command: readonly string[]): Promise<void> => {
      await execa('nsenter', ['--mount', '--target', String(pid), '--', ...command]);
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
};

/** Node has no ioctl(2); every Debian has Perl. 0x8004587d is _IOR('X', 125, __u32), and 2 is NOLOGFLUSH. */
const shutDown = `open(my $folder, '<', $ARGV[0]) or die "open: $!"; my $how = pack('L', 2);
  ioctl($folder, 0x8004587d, $how) or die "ioctl: $!";`;

const firstLine = (error: unknown): string =>
  error instanceof Error
    ? (error.message.split('\n').find((line) => line.startsWith('mount:')) ?? error.message)
    : String(error);
