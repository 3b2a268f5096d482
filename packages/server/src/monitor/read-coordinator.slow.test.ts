import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseFile } from '../coordinator/paths.ts';
import { openState } from '../coordinator/state/sqlite.ts';
import type { State } from '../coordinator/state/state.ts';
import { row } from '../coordinator/testing.ts';

const isRoot = process.geteuid?.() === 0;
/** Nobody's: it reads what others may read, and writes nothing, as the monitor below Landlock. */
const reader = 65_530;
const clone = fileURLToPath(new URL('../../../..', import.meta.url));

let home: string;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'berth-gather-'));
  chmodSync(home, 0o755);
  mkdirSync(join(home, 'coordinator'));
  mkdirSync(join(home, 'copies'));
  chownSync(join(home, 'copies'), reader, reader);
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(home, { recursive: true, force: true });
});

const folder = () => join(home, 'coordinator');
const started = (): State => {
  const { state } = openState(databaseFile(folder()), { now: () => new Date() });
  closing.push(() => state.close().catch(() => undefined));
  return state;
};

const program = (copies: string) => `
  import { createInterface } from 'node:readline';
  import { CoordinatorReader } from '${clone}/packages/server/src/monitor/read-coordinator.ts';
  const reader = new CoordinatorReader({ folder: ${JSON.stringify(folder())}, copies: ${copies}, timeZone: 'UTC' });
  for await (const line of createInterface({ input: process.stdin })) {
    const changed = reader.look(Date.now());
    const { sources, trouble } = reader.known();
    console.log(JSON.stringify({ changed, names: [...sources.keys()], trouble }));
  }
  reader.close();
`;

/** A reader in a process of its own, which may write nowhere but in `copies`; each call is a look. */
const reading = (copies: string | null = join(home, 'copies')) => {
  const words = ['--permission', `--allow-fs-read=${clone}`, `--allow-fs-read=${folder()}`, '--input-type=module'];
  if (copies !== null) words.push(`--allow-fs-read=${copies}`, `--allow-fs-write=${copies}`);
  const child = spawn(process.execPath, [...words, '-e', program(JSON.stringify(copies))], {
    ...{ uid: reader, gid: reader, cwd: clone, stdio: ['pipe', 'pipe', 'inherit'] },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  closing.push(async () => {
    child.stdin.end();
    if (child.exitCode === null) await once(child, 'exit');
  });
  return async () => {
    child.stdin.write('\n');
    const { value } = await lines.next();
    return JSON.parse(String(value));
  };
};

test.runIf(isRoot)(
  'who may write nothing there reads it while the coordinator runs, after it has ended, and when it is back',
  async () => {
    const look = reading();
    expect(await look()).toEqual({ changed: false, names: [], trouble: null });
    const state = started();
    await state.save({ sources: [row('laptop')] });
    expect(await look()).toEqual({ changed: true, names: ['laptop'], trouble: null });
    expect(await look()).toMatchObject({ changed: false });
    await state.save({ sources: [row('tower')] });
    expect(await look()).toMatchObject({ changed: true, names: ['laptop', 'tower'] });
    await state.close();
    expect(await look()).toMatchObject({ names: ['laptop', 'tower'], trouble: null });
    const other = reading(null);
    expect(await other()).toMatchObject({ names: ['laptop', 'tower'], trouble: null });
    const again = started();
    await again.save({ sources: [row('attic')] });
    for (const one of [look, other]) {
      expect(await one()).toMatchObject({ changed: true, names: ['attic', 'laptop', 'tower'], trouble: null });
    }
  },
  20_000,
);

test.runIf(isRoot)(
  'what a coordinator that was killed has left is read, from a copy where its index is lost, which goes again',
  async () => {
    const state = started();
    await state.save({ sources: [row('laptop')] });
    // As a kill -9 and a lost index leave it: the log belongs to nobody.
    const left = join(home, 'left');
    mkdirSync(left);
    for (const suffix of ['', '-wal'])
      copyFileSync(`${databaseFile(folder())}${suffix}`, `${databaseFile(left)}${suffix}`);
    await state.close();
    rmSync(folder(), { recursive: true });
    renameSync(left, folder());
    expect(await reading(null)()).toMatchObject({ names: [], trouble: expect.stringMatching(/unable to open/) });
    const look = reading();
    expect(await look()).toEqual({ changed: true, names: ['laptop'], trouble: null });
    expect(await look()).toMatchObject({ changed: false, trouble: null });
    expect(readdirSync(folder()).sort()).toEqual(['state.db', 'state.db-wal']);
    expect(readdirSync(join(home, 'copies'))).toContain('copy-of-state.db');
    const again = started();
    await again.save({ sources: [row('tower')] });
    expect(await look()).toMatchObject({ names: ['laptop', 'tower'], trouble: null });
    expect(readdirSync(join(home, 'copies'))).toEqual([]);
    expect(statSync(databaseFile(folder())).uid).toBe(0);
  },
  20_000,
);
