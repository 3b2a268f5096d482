import { expect, test } from 'vitest';
import { librariesIn, librariesOf } from './libraries-of.ts';

test('the libraries of a program are those that ldd names with a file', () => {
  const listed = [
    '\tlinux-vdso.so.1 (0x00007ffd)',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f12)',
    '\tlibgone.so => not found',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f13)',
    '',
  ].join('\n');
  expect(librariesIn(listed)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
  expect(librariesIn('\tnot a dynamic executable\n')).toEqual([]);
});

test('a program that is not there has none', async () => {
  expect(await librariesOf('/nonexistent/program')).toEqual([]);
});
