import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { dumpTags, fileNameOf } from '../packages/agent/src/databases/name.ts';
import { createRecorder } from '../packages/agent/src/run/recorder.ts';
import { berthTag } from '../packages/agent/src/run/tags.ts';
import { configWith } from '../packages/agent/src/run/testing.ts';
import { forgetStep } from '../packages/agent/src/run/upkeep.ts';
import { fetchRestic } from '../scripts/fetch-restic.ts';
import { withRepository } from './helpers/engines/repository.ts';

const days = 30;
const first = Date.UTC(2026, 9, 1, 3, 0);
const databases = ['orders', 'people'] as const;

/** The days of a kind of snapshot, as numbers from 1. */
const daysOf = (snapshots: readonly { readonly time: string; readonly paths: readonly string[] }[], path: string) =>
  snapshots
    .filter(({ paths }) => paths.includes(path))
    .map(({ time }) => Math.floor((Date.parse(time) - first) / 86_400_000) + 1)
    .toSorted((one, other) => one - other);

test('files and two databases, 30 days long: each keeps days of its own, and latest is the files', async () => {
  await using place = await withRepository('0.14');
  const { directory, restic } = place;
  const files = join(directory, 'files');
  await mkdir(files);
  const base = ['--repo', join(directory, 'repository'), '--password-file', join(directory, 'password')];
  const program = await fetchRestic('0.14');
  const make = async (atMs: number, words: readonly string[], input?: string) => {
    // restic reads --time as local time.
    const time = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
    await execa(
      program,
      [...base, '--cache-dir', join(directory, 'cache'), 'backup', '--host', 'box', '--time', time, ...words],
      {
        env: { TZ: 'UTC' },
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
      },
    );
  };
  const filesOf = databases.map((database) =>
    fileNameOf({ engine: 'postgres', name: 'shop', database, ending: 'dump' }),
  );

  for (let day = 0; day < days; day += 1) {
    const atMs = first + day * 86_400_000;
    await writeFile(join(files, 'today'), `day ${day + 1}`);
    const dumps = databases.map((database, index) => {
      const tags = dumpTags({ engine: 'postgres', name: 'shop', database }).flatMap((tag) => ['--tag', tag]);
      return make(
        atMs + (index + 1) * 60_000,
        [...tags, '--stdin', '--stdin-filename', filesOf[index] ?? ''],
        `${database} ${day}`,
      );
    });
    // The files first, so that a dump is the newest of every day.
    await Promise.all([make(atMs, ['--tag', berthTag, files]), ...dumps]);
  }

  const config = configWith(
    'retention: { daily: 7, weekly: 0, monthly: 0, yearly: 0, keep_within: 1h }\ndatabases: [{ engine: postgres, name: shop }]\n',
  );
  const recorder = createRecorder(
    () => new Date(first),
    () => undefined,
  );
  const reach = { restic, [Symbol.asyncDispose]: async () => undefined };
  const ledger = { prunedAt: null, checkedAt: null, checkedPart: 0 };
  const end = await forgetStep(
    {
      ...{ config, policy: config, dryRun: false, number: 1, recorder, beside: null },
      done: {
        snapshot: null,
        resticVersion: null,
        ledger,
        finished: new Set(),
        dumps: [],
        dumped: new Set(),
        downs: new Map(),
      },
      ...{ reach: async () => reach, saveLedger: async () => undefined, now: () => new Date(first) },
      ...{ signal: AbortSignal.timeout(100_000), onProgress: () => undefined, onDumping: () => undefined },
    },
    reach,
    null,
  );
  expect(end).toMatchObject({ outcome: 'ok', numbers: { snapshotsKept: 21, snapshotsRemoved: 3 * (days - 7) } });

  const left = await place.snapshots();
  const lastWeek = [24, 25, 26, 27, 28, 29, 30];
  for (const path of [files, ...filesOf.map((file) => `/${file}`)]) expect(daysOf(left, path)).toEqual(lastWeek);
  expect(left.at(-1)?.tags).toContain('db');
  const target = join(directory, 'back');
  expect(await restic.restore({ snapshot: 'latest', tags: [berthTag], target }, {})).toMatchObject({ kind: 'ok' });
  expect(await readFile(join(target, files, 'today'), 'utf8')).toBe('day 30');
});
