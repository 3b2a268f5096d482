import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCode } from '@berth/common/problem.ts';
import type { Progress } from '@berth/common/restic/backup.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Io } from './io.ts';
import { main } from './main.ts';
import { progressDisplay, progressText } from './progress.ts';
import { moment, printable, span, table } from './words.ts';

const captured = (terminal = false) => {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    uid: 1000,
    terminal,
    columns: 80,
    signal: new AbortController().signal,
  };
  return { io, out, err };
};

const run = async (...argv: readonly string[]) => {
  const { io, out, err } = captured();
  const code = await main(argv, io);
  process.exitCode = undefined;
  return { code, out: out.join(''), err: err.join('') };
};

const commands = [
  'enroll',
  'backup',
  'run',
  'snapshots',
  'restore',
  'databases',
  'restore-db',
  'check',
  'status',
  'doctor',
  'install',
  'uninstall',
  'daemon',
];

test.for(commands)('berth %s --help shows examples and is no failure', async (command) => {
  const { code, out } = await run(command, '--help');
  expect(code).toBe(exitCode.ok);
  expect(out).toContain(`berth ${command}`);
  expect(out).toMatch(/Examples?:/);
  expect(out).toContain('--json');
});

test('a typo gets the word that was meant, and exit code 2', async () => {
  for (const [argv, meant] of [
    [['snapshot'], 'snapshots'],
    [['bakcup'], 'backup'],
    [['restore', '--targt', 'x'], '--target'],
    [['doctor', '--jsn'], '--json'],
    [['database'], 'databases'],
    [['databases', '--verfy', 'x'], '--verify'],
    [['restore-bd', 'x'], 'restore-db'],
    [['restore-db', 'x', '--liv'], '--live'],
  ] as const) {
    const { code, err, out } = await run(...argv);
    expect(code, argv.join(' ')).toBe(exitCode.usage);
    expect(err).toContain(`Did you mean ${meant}?`);
    expect(err).toMatch(/^berth: /);
    expect(out).toBe('');
  }
});

test.for([
  [['restore'], '--target'],
  [['restore', '--target', 'x', 'yesterday'], 'no snapshot'],
  [['restore-db', 'pg/shop'], '--into NEW (beside the live one), --to-file FILE (the dump itself), --live'],
  [['restore-db', 'pg/shop', '--live', '--into', 'x'], 'Keep one of: --into NEW'],
  [['restore-db', 'pg', '--into', 'x', '--yes'], 'belongs to --live'],
  [['restore-db', 'pg', '--into', 'x', '--no-safety'], 'belongs to --live'],
  [['restore-db', 'pg', '--into', ''], 'empty'],
  [['restore-db', 'pg', '--live', '--snapshot', 'yesterday'], 'no snapshot'],
  [['restore-db', '/etc/x', '--live'], 'no entry'],
  [['restore-db', '--live'], 'name'],
  [['check', '--share', '0%'], 'no share'],
  [['check', '--share', '5%', '--all'], 'both'],
  [['snapshots', '--as-of', 'yesterday'], 'is not a moment'],
  [['restore', '--target', 'x', '--as-of', '2026-02-30'], 'Write, for example, 2026-11-14'],
  [['check', '--as-of', ''], 'is not a moment'],
  [['enroll'], 'server'],
  [['enroll', '-oProxyCommand=x'], 'unknown option'],
  [['enroll', '--', '-oProxyCommand=x'], 'does not name a server'],
  [['enroll', 'nas.lan', '--name', 'a b'], 'not a host name'],
  [['enroll', 'nas.lan', '--host-key', 'SHA256:short'], 'no fingerprint'],
  [['enroll', 'nas.lan', '--timeout', '5'], 'duration'],
] as const)('%j is told what is wrong, before anything is made', async ([argv, words]) => {
  const directory = join(tmpdir(), 'berth-never-made');
  const home =
    argv[0] === 'enroll' && argv.length > 1 && !argv.some((word) => word === '--') ? ['--home', directory] : [];
  const { code, err } = await run(...argv, ...home);
  expect(code).toBe(exitCode.usage);
  expect(err).toContain(words);
  await expect(rm(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('before enrolling every command says to enrol; with --json the problem is an object', async () => {
  const home = await mkdtemp(join(tmpdir(), 'berth-home-'));
  try {
    for (const argv of [['snapshots'], ['check'], ['status'], ['restore', '--target', join(home, 'x')]]) {
      const { code, err, out } = await run(...argv, '--home', home, '--json');
      expect(code).toBe(exitCode.usage);
      expect(err.split('\n')).toHaveLength(3);
      expect(JSON.parse(out)).toMatchObject({
        error: { code: 'config-missing', remedy: expect.stringContaining('berth enroll') },
      });
    }
  } finally {
    await rm(home, { recursive: true });
  }
});

const progress: Progress = {
  fraction: 0.421,
  filesDone: 1_234,
  filesTotal: 3_000,
  bytesDone: 1.5 * 1024 ** 3,
  bytesTotal: 3 * 1024 ** 3,
  errorCount: 0,
  secondsRemaining: 200,
  currentFiles: [],
};

test('the bar fits its terminal, whatever its width', () => {
  expect(progressText(progress, 79)).toContain('42 %  1.5 GiB of 3 GiB, 1234 files  3 min 20 s left');
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (width, fraction) => {
      expect(progressText({ ...progress, fraction }, width).length).toBeLessThanOrEqual(width);
    }),
  );
});

test('a terminal gets a bar ten times a second, a log ten lines in all, a program one object a second', () => {
  let clock = 0;
  const feed = (terminal: boolean, json: boolean) => {
    const { io, out, err } = captured(terminal);
    const display = progressDisplay(io, json, () => clock);
    for (let step = 0; step <= 1_000; step += 1) {
      clock += 10;
      display.show({ ...progress, fraction: step / 1_000 });
    }
    display.clear();
    return { out, err };
  };
  expect(feed(true, false).err.filter((text) => text.includes('%'))).toHaveLength(101);
  expect(feed(false, false).err).toHaveLength(10);
  const objects = feed(false, true);
  expect(objects.err).toEqual([]);
  expect(objects.out).toHaveLength(11);
  expect(JSON.parse(objects.out[0] ?? '')).toMatchObject({ event: 'progress', fraction: 0 });
});

test('words for people', () => {
  expect([0, 59_400, 200_000, 3_600_000, 90_061_000].map(span)).toEqual([
    '0 s',
    '59 s',
    '3 min 20 s',
    '1 h',
    '1 d 1 h',
  ]);
  expect(moment(new Date(2026, 0, 5, 7, 3))).toBe('2026-01-05 07:03');
  expect(printable('a\u001b[31mb\u202ec\nd')).toBe('a\ufffd[31mb\ufffdc\ufffdd');
  expect(table(['A', 'LONG'], [['aaa', 'b']])).toBe('A    LONG\naaa  b\n');
});
