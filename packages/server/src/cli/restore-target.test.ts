import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { phoneOf } from '../supervisor/phones/testing.ts';
import type { PhoneWorld } from '../supervisor/phones/world.ts';
import { readyRestoreTarget } from './restore-target.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-target-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const world: PhoneWorld = {
  ...{ mode: process.getuid?.() === 0 ? 'private' : 'rootless', enter: null, jail: { kind: 'none', reason: 'a test' } },
  ...{ node: '', program: '', dataDir: '', session: '', ingest: '', watcher: '', dial: '', runtimeDir: '' },
  ...{ configFolder: '', restic: null },
};
const ready = (path: string) => {
  const at = { phone: phoneOf(), world, facts: null, marker: null, timeZone: 'UTC', up: true };
  return readyRestoreTarget(at, path);
};

test('a link is no target, and where it leads stays whose it is', async () => {
  const [real, link] = [join(folder, 'real'), join(folder, 'link')];
  mkdirSync(real);
  symlinkSync(real, link);
  const before = statSync(real);
  await expect(ready(link)).rejects.toMatchObject({ code: 'target' });
  expect(statSync(real)).toMatchObject({ uid: before.uid, gid: before.gid });
});

test('nor is a file, or a folder with something in it', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(ready(join(folder, 'file'))).rejects.toMatchObject({ code: 'target' });
  await expect(ready(folder)).rejects.toMatchObject({ code: 'target-not-empty' });
});
