import { execa } from 'execa';

/**
 * The files of the libraries that a program is started with, its loader among them, as ldd(1) finds them: a program in a jail must be able
 * to read them. None for one that stands alone. Ask only of programs that are trusted: ldd may run them.
 */
export const librariesOf = async (program: string): Promise<readonly string[]> => {
  const { stdout } = await execa('ldd', [program], {
    reject: false,
    timeout: 20_000,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    extendEnv: false,
  });
  return librariesIn(stdout ?? '');
};

/** Of `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`; the kernel's vdso has no file. */
export const librariesIn = (listed: string): readonly string[] => [
  ...new Set([...listed.matchAll(/^\s+(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, path = '']) => path)),
];
