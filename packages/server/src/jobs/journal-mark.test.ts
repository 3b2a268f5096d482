import { appendFile, chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { journalMark } from './journal-mark.ts';

const isRoot = process.getuid?.() === 0;
let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-mark-'));
  await chmod(home, 0o755);
  await mkdir(join(home, 'journal'), { mode: 0o700 });
});
afterEach(() => rm(home, { recursive: true }));
const month = (): string => join(home, 'journal/2026-11.jsonl');

test('changes with every record, and with nothing else that lies beside the records', async () => {
  expect(journalMark(home)).toEqual({ mark: null, blind: false });
  await writeFile(month(), 'one\n');
  const { mark } = journalMark(home);
  await writeFile(join(home, 'journal/usage.json'), '{}');
  expect(journalMark(home).mark).toBe(mark);
  await appendFile(month(), 'two\n');
  expect(journalMark(home).mark).not.toBe(mark);
});

test('is of nothing where there is no journal, or a link in its place', async () => {
  await rm(join(home, 'journal'), { recursive: true });
  expect(journalMark(home)).toEqual({ mark: null, blind: false });
  await symlink('/etc', join(home, 'journal'));
  expect(journalMark(home)).toEqual({ mark: null, blind: false });
});

test('of a root that may not look inside changes when a session leaves its count', async ({ skip }) => {
  if (!isRoot) skip('needs root, to take a capability away from it');
  await writeFile(month(), 'one\n');
  await execa('chown', ['-R', '4001:4001', join(home, 'journal')]);
  const look = async () => {
    const program = `
      import { journalMark } from ${JSON.stringify(join(import.meta.dirname, 'journal-mark.ts'))};
      console.log(JSON.stringify(journalMark(${JSON.stringify(home)})));`;
    const fewer = ['--bounding-set', '-dac_override,-dac_read_search'];
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const { stdout } = await execa('setpriv', [...fewer, ...node], { timeout: 15_000 });
    return JSON.parse(stdout);
  };
  const before = await look();
  expect(before).toMatchObject({ blind: true });
  await writeFile(join(home, 'journal/usage.json.new'), '{}');
  await rename(join(home, 'journal/usage.json.new'), join(home, 'journal/usage.json'));
  expect((await look()).mark).not.toBe(before.mark);
});
