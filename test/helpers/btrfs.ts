import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../scripts/fetch-debian.ts';

/** PATH and LD_LIBRARY_PATH with Debian's btrfs-progs. Rejects where they can't be had. */
export const btrfsEnv = async (): Promise<NodeJS.ProcessEnv> => {
  const tools = await fetchDebian('btrfs-bookworm', 'bookworm', ['btrfs-progs', 'liblzo2-2']);
  return {
    ...process.env,
    PATH: `${join(tools, 'bin')}:${join(tools, 'sbin')}:${process.env['PATH'] ?? ''}`,
    LD_LIBRARY_PATH: join(tools, 'lib/x86_64-linux-gnu'),
  };
};

/** A btrfs on a loop device, mounted, with a folder beside it for what is to lie elsewhere. Needs root. */
export const withBtrfs = async (sizeMiB = 300) => {
  const env = await btrfsEnv();
  const stage = await mkdtemp(join(tmpdir(), 'btrfs-'));
  const [image, disk, beside] = [join(stage, 'image'), join(stage, 'disk'), join(stage, 'beside')];
  const run = async (...[program, ...args]: readonly [string, ...string[]]): Promise<string> =>
    (await execa(program, args, { env, extendEnv: false, timeout: 60_000 })).stdout;
  await mkdir(disk);
  await mkdir(beside);
  await writeFile(image, '');
  await truncate(image, sizeMiB * 1024 * 1024);
  await run('mkfs.btrfs', '--quiet', image);
  await run('mount', '-o', 'loop', image, disk);
  return {
    ...{ env, image, disk, beside, run },
    /** Loop devices that still hold the image. */
    devices: async (): Promise<string> => run('losetup', '--noheadings', '--output', 'NAME', '--associated', image),
    unmount: () => run('umount', disk),
    [Symbol.asyncDispose]: async () => {
      await execa('umount', ['--lazy', '--recursive', disk], { reject: false });
      await rm(stage, { recursive: true, force: true });
    },
  };
};
