import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bringNew, giveTo, modeLike } from './put-in-place.ts';

const never = new AbortController().signal;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'in-place-'));
  await writeFile(join(folder, 'other'), 'of somebody else', { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const other = () => stat(join(folder, 'other'));

test('a file is brought in as a new one, with its mode, and never through a link that stands there', async () => {
  const from = join(folder, 'copy');
  await writeFile(from, 'database');
  await chmod(from, 0o644);
  const to = join(folder, 'new');
  await bringNew(from, to, never);
  expect(await readFile(to, 'utf8')).toBe('database');
  expect((await stat(to)).mode & 0o777).toBe(0o644);
  await symlink(join(folder, 'other'), join(folder, 'link'));
  await expect(bringNew(from, join(folder, 'link'), never)).rejects.toThrow('EEXIST');
  await expect(bringNew(join(folder, 'link'), join(folder, 'more'), never)).rejects.toThrow('ELOOP');
  expect(await readFile(join(folder, 'other'), 'utf8')).toBe('of somebody else');
  expect(await readdir(folder)).not.toContain('more');
});

test('modes and owners are given to what was made, not to what a link in its place points to', async () => {
  const path = join(folder, 'link');
  await symlink(join(folder, 'other'), path);
  const like = join(folder, 'like');
  await writeFile(like, '');
  await chmod(like, 0o666);
  await expect(modeLike(path, like)).rejects.toThrow('ELOOP');
  expect((await other()).mode & 0o777).toBe(0o600);
  const { uid } = await other();
  await mkdir(join(folder, 'theirs'));
  await giveTo(path, join(folder, 'theirs'));
  expect((await other()).uid).toBe(uid);
});
