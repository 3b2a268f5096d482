import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder in which each program of an unpacked Debian package starts as if it were installed; it goes in front of PATH. */
export const wrapPrograms = async (about: {
  /** As `fetchDebian` gives it. */
  readonly root: string;
  readonly into: string;
  readonly names: readonly string[];
  /** By the unpacked C library's own loader: programs of a newer Debian than this machine's. */
  readonly ownLoader?: boolean;
}): Promise<string> => {
  const [triplet = ''] = (await readdir(join(about.root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  const libraries = join(about.root, 'usr/lib', triplet);
  const loader = (await readdir(libraries)).find((name) => /^ld-linux.*\.so/.test(name)) ?? '';
  await mkdir(about.into, { recursive: true });
  for (const name of about.names) {
    const program = join(about.root, 'usr/bin', name);
    // These programs tell what they are by the name they are started with.
    const start = about.ownLoader
      ? `exec '${join(libraries, loader)}' --argv0 ${name} --library-path '${libraries}' '${program}' "$@"`
      : `LD_LIBRARY_PATH='${libraries}' exec '${program}' "$@"`;
    await writeFile(join(about.into, name), `#!/bin/sh\n${start}\n`);
    await chmod(join(about.into, name), 0o755);
  }
  return about.into;
};
