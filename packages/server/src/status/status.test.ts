import { chmod, chown, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseFile, stateFolder } from '../coordinator/paths.ts';
import { openState } from '../coordinator/state/sqlite.ts';
import { row } from '../coordinator/testing.ts';
import { writeJobs } from '../jobs/jobs-file.ts';
import { publicKeyLine } from '../sources/testing.ts';
import { appliedFile } from '../supervisor/state.ts';
import { status } from './status.ts';

const isRoot = process.getuid?.() === 0;
const uid = isRoot ? 4001 : (process.getuid?.() ?? 0);

describe('the last activity of a source', () => {
  let data = '';
  let journal = '';
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'berth-status-'));
    await chmod(data, 0o755);
    journal = join(data, 'sources/one/journal');
    await mkdir(journal, { recursive: true });
    await chmod(journal, 0o700);
    await chown(journal, uid, uid);
    await writeFile(appliedFile(data), `sources: { one: { uid: ${uid}, key: '${publicKeyLine(1)}' } }\n`);
  });
  afterEach(() => rm(data, { recursive: true }));

  const record = async (month: string, at: string): Promise<void> => {
    const file = join(journal, `${month}.jsonl`);
    await writeFile(file, '');
    await utimes(file, new Date(at), new Date(at));
  };
  const seen = async (): Promise<string | null | undefined> => (await status(data)).sources[0]?.lastActivity;

  test('is when its newest journal was written, whatever else changed in the folder', async () => {
    await record('2026-10', '2026-10-31T22:00:00Z');
    await record('2026-11', '2026-11-14T02:00:00Z');
    await writeFile(join(journal, 'usage.json'), '{}');
    expect(await seen()).toBe('2026-11-14T02:00:00.000Z');
  });

  test('is never without a journal, and where a link stands in its place', async () => {
    expect(await seen()).toBe(null);
    const elsewhere = join(data, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, '2026-11.jsonl'), '');
    await rm(journal, { recursive: true });
    await symlink(elsewhere, journal);
    expect(await seen()).toBe(null);
  });

  test('is what the last review says, unless something was written since: the server writes there as well', async () => {
    const at = '2026-11-14T02:00:00.000Z';
    const review = {
      ...{ findings: [], frozen: null, snapshots: 0, damaged: { count: 0, first: [] }, lastChangeAt: at },
      usage: { live: { bytes: 0, objects: 0 }, trash: { bytes: 0, objects: 0 } },
      locks: { count: 0, oldestAgeMs: null },
    };
    const startedAt = '2026-11-15T00:00:00.000Z';
    const run = { startedAt, endedAt: startedAt, outcome: 'done' as const, failures: 0, mark: null, failure: null };
    writeJobs(data, { one: { review: { ...run, answer: { at: startedAt, result: review } } } });
    await record('2026-11', '2026-11-14T22:00:00Z');
    expect(await seen()).toBe(at);
    await record('2026-11', '2026-11-15T01:00:00Z');
    expect(await seen()).toBe('2026-11-15T01:00:00.000Z');
  });

  test('is seen by a root that may read nothing of others, as in the container, and that is root again afterwards', async ({
    skip,
  }) => {
    if (!isRoot) skip('needs root, to take a capability away from it');
    await record('2026-11', '2026-11-14T02:00:00Z');
    const program = `
      import { readdirSync } from 'node:fs';
      import { status } from ${JSON.stringify(join(import.meta.dirname, 'status.ts'))};
      let refused = '';
      try { readdirSync(${JSON.stringify(journal)}); } catch (error) { refused = error.code; }
      const { sources } = await status(${JSON.stringify(data)});
      console.log(JSON.stringify([refused, sources[0].lastActivity, process.geteuid()]));`;
    const fewer = ['--bounding-set', '-dac_override,-dac_read_search'];
    const node = [process.execPath, '--input-type=module', '--eval', program];
    const { stdout } = await execa('setpriv', [...fewer, ...node], { timeout: 15_000 });
    expect(JSON.parse(stdout)).toEqual(['EACCES', '2026-11-14T02:00:00.000Z', 0]);
  });
});

test('while the coordinator is down nothing is shown as running or waiting', async () => {
  const data = await mkdtemp(join(tmpdir(), 'berth-status-'));
  try {
    const at = Date.parse('2026-11-21T12:00:00Z');
    await mkdir(stateFolder(data), { mode: 0o700 });
    const { state } = openState(databaseFile(stateFolder(data)), { now: () => new Date(at) });
    const lease = { run: 'r', grantedAtMs: at, step: 'backup', bytesDone: 45, bytesTotal: 100 };
    await state.save({
      sources: [row('one'), row('two')],
      leases: [{ source: 'one', reason: 'slot', ...lease }],
      waiting: [{ source: 'two', run: 'w', reason: 'slot', askedAtMs: at, position: 2 }],
    });
    await state.close();
    const [one, two] = [`{ uid: 4001, key: '${publicKeyLine(1)}' }`, `{ uid: 4002, key: '${publicKeyLine(2)}' }`];
    await writeFile(appliedFile(data), `sources: { one: ${one}, two: ${two} }\n`);
    const { coordinator, coordinatorTrouble, sources } = await status(data, at);
    expect([coordinator, coordinatorTrouble]).toEqual(['down', null]);
    expect(sources.map(({ now }) => now)).toEqual([{ kind: 'idle' }, { kind: 'idle' }]);
  } finally {
    await rm(data, { recursive: true });
  }
});
