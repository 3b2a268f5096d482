import { describe, expect, test } from 'vitest';
import { allRights, basicRights, type Jail, jailWords, nodeWords, sessionFolders } from './jail.ts';
import { detectJail, reasonOf } from './jail-detect.ts';

const libraries = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'];
const jail: Jail = { kind: 'landlock', rights: allRights, libraries };
const cell = {
  node: '/run/berth/node',
  program: '/opt/berth/session.mjs',
  readable: ['/data/sources/scan/sftp/files'],
  writable: sessionFolders('/data/sources/pc'),
};

describe('the words of a jail', () => {
  test('let in Node, its loader and libraries, its code and the five folders of the source, and nothing else', () => {
    const own = 'write-file,read-file,read-dir,remove-dir,remove-file,make-dir,make-reg,refer,truncate';
    const words = jailWords(jail, cell);
    const rules = words.filter((_, index) => words[index - 1] === '--landlock-rule');
    expect(rules).toEqual([
      'path-beneath:read-file:/lib/x86_64-linux-gnu/libc.so.6',
      'path-beneath:execute,read-file:/lib64/ld-linux-x86-64.so.2',
      'path-beneath:execute,read-file:/run/berth/node',
      'path-beneath:read-file,read-dir:/opt/berth',
      'path-beneath:read-file:/dev/null',
      'path-beneath:read-file,read-dir:/data/sources/scan/sftp/files',
      `path-beneath:${own}:/data/sources/pc/repo`,
      `path-beneath:${own}:/data/sources/pc/trash`,
      `path-beneath:${own}:/data/sources/pc/journal`,
      `path-beneath:${own}:/data/sources/pc/incoming`,
      `path-beneath:${own}:/data/sources/pc/quarantine`,
    ]);
    expect(words.slice(0, 2)).toEqual(['--landlock-access', `fs:${allRights.join(',')}`]);
  });

  test('let a program of a clone read all of the clone, however deep in it the program is', () => {
    for (const place of ['session/main.ts', 'ingest/watch/main.ts']) {
      const program = `/run/berth/program/packages/server/src/${place}`;
      expect(nodeWords({ program, readable: [], writable: [] })).toContain('--allow-fs-read=/run/berth/program/');
    }
    expect(nodeWords({ program: '/opt/berth/dial.mjs', readable: [], writable: [] })).toContain(
      '--allow-fs-read=/opt/berth/',
    );
  });

  test('let a restore make links where it writes, and nowhere else', () => {
    const words = jailWords(jail, { ...cell, writable: ['/home', '/restored'], links: ['/restored'] });
    expect(words.filter((word) => /^path-beneath:.*make-sym/.test(word))).toEqual(['path-beneath:make-sym:/restored']);
  });

  test('let the coordinator make sockets, and nothing else, in the folders of its sockets', () => {
    const words = jailWords(jail, { ...cell, writable: [], sockets: ['/run/berth/control'] });
    expect(words.at(-1)).toBe('path-beneath:read-dir,make-sock,remove-file:/run/berth/control');
    expect(words.join(' ').match(/make-sock:|make-sock,rem/g)).toHaveLength(1);
    expect(nodeWords({ ...cell, writable: [], sockets: ['/run/berth/control'] }).at(-1)).toBe(
      '--allow-fs-write=/run/berth/control',
    );
  });

  test('let the C library read what it needs for the monitor, which Node itself does not allow it', () => {
    const system = { files: ['/etc/resolv.conf'], folders: ['/etc/ssl/certs'] };
    const words = jailWords(jail, { ...cell, writable: [], system });
    expect(words.slice(-3)).toEqual([
      'path-beneath:read-file,read-dir:/etc/ssl/certs',
      '--landlock-rule',
      'path-beneath:read-file:/etc/resolv.conf',
    ]);
    expect(nodeWords({ ...cell, system }).join(' ')).not.toContain('/etc');
  });

  test('let a job start the programs it is given, read single files, and write nothing but /dev/null for them', () => {
    const more = { ...cell, writable: [], files: ['/run/berth/phones/p/password'], programs: ['/usr/bin/restic'] };
    const words = jailWords(jail, more);
    expect(words).toContain('path-beneath:execute,read-file:/usr/bin/restic');
    expect(words).toContain('path-beneath:read-file:/run/berth/phones/p/password');
    expect(words).toContain('path-beneath:read-file,write-file:/dev/null');
    expect(nodeWords(more)).toEqual(
      expect.arrayContaining(['--allow-child-process', '--allow-fs-read=/run/berth/phones/p/password']),
    );
    expect(nodeWords(cell)).not.toContain('--allow-child-process');
  });

  test('ask an older kernel for nothing it does not know', () => {
    const words = jailWords({ ...jail, rights: basicRights }, cell).join(' ');
    expect(words).not.toContain('truncate');
    expect(words).toContain('refer');
  });

  test('are none where there is no Landlock; the permission model stays', () => {
    expect(jailWords({ kind: 'none', reason: 'a test' }, cell)).toEqual([]);
    expect(nodeWords(cell)).toContain('--permission');
    expect(nodeWords(cell)).toContain('--allow-fs-write=/data/sources/pc/repo');
    expect(nodeWords(cell)).not.toContain('--allow-fs-write=/data/sources/scan/sftp/files');
  });
});

test.each([
  ["setpriv: unrecognized option '--landlock-access'\nTry 'setpriv --help'", 'util-linux 2.41'],
  ['setpriv: landlock_create_ruleset failed: Function not implemented', 'this kernel has no Landlock'],
  ['setpriv: landlock_create_ruleset failed: Operation not supported', 'lsm='],
  ['setpriv: landlock_create_ruleset failed: Invalid argument', 'Linux 5.19'],
  ['setpriv: landlock_create_ruleset failed: Operation not permitted', 'seccomp'],
  ['node: cannot open shared object file', 'node: cannot open shared object file'],
  ['', 'no output'],
])('%j is explained', (stderr, words) => {
  expect(reasonOf(stderr)).toContain(words);
});

test('a program that does not start proves no jail', async () => {
  const jailOfNothing = await detectJail({ node: '/nonexistent/node', session: '/nonexistent', uid: null });
  expect(jailOfNothing.kind).toBe('none');
});
