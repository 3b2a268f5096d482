import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../scripts/fetch-debian.ts';

/** A setpriv that knows Landlock, on this very kernel; or why there is none. */
export interface LandlockTools extends AsyncDisposable {
  /** The folder that holds `setpriv`; null where the machine's own will do. */
  readonly folder: string | null;
  /** The program itself. */
  readonly setpriv: string;
  /** Why nothing can be put under Landlock here; null where it can. */
  readonly missing: string | null;
}

/**
 * The machine's setpriv if it knows Landlock, else Debian 13's with its own C library beside it, in a folder that every
 * UID can enter.
 */
export const landlockTools = async (): Promise<LandlockTools> => {
  const { stdout } = await execa('setpriv', ['--help']);
  if (stdout.includes('--landlock-access')) return tools(null, 'setpriv');
  const unpacked = join(await fetchDebian('setpriv-trixie', 'trixie', ['util-linux', 'libc6', 'libcap-ng0']), 'usr');
  const folder = await mkdtemp(join(tmpdir(), 'berth-setpriv-'));
  await chmod(folder, 0o755);
  const { stdout: libraries } = await execa('find', [unpacked, '-name', 'libcap-ng.so.0', '-printf', '%h']);
  const { stdout: loader } = await execa('find', [join(unpacked, 'lib'), '-name', 'ld-linux-*.so.*', '-type', 'f']);
  await copyFile(join(unpacked, 'bin/setpriv'), join(folder, 'setpriv.elf'));
  await copyFile(loader, join(folder, 'loader'));
  for (const name of ['libc.so.6', 'libcap-ng.so.0']) await copyFile(join(libraries, name), join(folder, name));
  const script = `#!/bin/sh\nexec ${folder}/loader --library-path ${folder} ${folder}/setpriv.elf "$@"\n`;
  await writeFile(join(folder, 'setpriv'), script);
  for (const name of ['setpriv', 'setpriv.elf', 'loader']) await chmod(join(folder, name), 0o755);
  return tools(folder, join(folder, 'setpriv'));
};

const tools = async (folder: string | null, setpriv: string): Promise<LandlockTools> => {
  const { failed, stderr } = await execa(setpriv, ['--landlock-access', 'fs:execute,refer', 'true'], { reject: false });
  // The jail above denies running anything, so `true` must not run.
  const missing =
    failed && stderr.includes('Permission denied') ? null : `no Landlock: ${stderr || 'it let a program run'}`;
  return {
    folder,
    setpriv,
    missing,
    [Symbol.asyncDispose]: async () => {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    },
  };
};
