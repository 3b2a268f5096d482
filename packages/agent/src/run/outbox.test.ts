import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Report, type ReportStep, reportVersion } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import { homeOf } from '../config/home.ts';
import type { Coordinator } from '../server/coordinator.ts';
import { handIn, mostWaiting, putReport } from './outbox.ts';
import { type OutboxDisk, realDisk } from './outbox-disk.ts';

const at = '2026-11-14T03:00:00.000Z';
let made = 0;
const report = (change: Partial<Report> = {}): Report => {
  made += 1;
  return {
    ...{ version: reportVersion, run: `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`, source: 'box' },
    versions: { berth: '0.1.0', restic: null, node: '24', system: 'linux' },
    ...{ startedAt: at, endedAt: at, outcome: 'ok', reason: null, message: null, remedy: null, attempts: 1 },
    ...{ dryRun: false, snapshot: null, steps: [], dumps: [], stepsLeftOut: 0, warnings: [], ...change },
  };
};

/** A folder of its own, and a server that keeps what it is given, once; `answers` come before that. */
const place = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-outbox-'));
  const home = homeOf({ directory, env: {}, uid: 0 });
  const kept: string[] = [];
  const never = new Set<string>();
  let nowMs = Date.parse(at);
  const answers: (Awaited<ReturnType<Coordinator['deliver']>> | 'lost')[] = [];
  const deliver: Coordinator['deliver'] = async (run) => {
    if (never.has(run)) return { kind: 'refused', status: 400, code: 'rubbish', message: 'No.', remedy: '' };
    const answer = answers.shift();
    if (answer !== undefined && answer !== 'lost') return answer;
    const known = kept.includes(run);
    if (!known) kept.push(run);
    // It has it, and nobody learns of it.
    if (answer === 'lost') return { kind: 'failed', detail: 'cut' };
    return { kind: 'ok', status: known ? 200 : 201, value: { kept: known ? 'known' : 'new' } };
  };
  const send = (disk: OutboxDisk = realDisk, signal = new AbortController().signal) =>
    handIn({ places: home, coordinator: { deliver }, now: () => new Date(nowMs), signal, disk });
  const names = (folder: string) => readdir(folder).catch(() => []);
  return {
    ...{ home, kept, never, answers, send },
    go: (ms: number) => {
      nowMs += ms;
    },
    put: (one: Report, disk: OutboxDisk = realDisk) => putReport(home, one, disk),
    waiting: () => names(home.outbox),
    refused: async () => {
      const files = (await names(home.refused)).toSorted();
      return Promise.all(files.map(async (file) => JSON.parse(await readFile(join(home.refused, file), 'utf8'))));
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
};

test('reports are handed in oldest first, each once, and leave the disk', async () => {
  await using it = await place();
  const all = [report(), report(), report()];
  for (const one of all) await it.put(one);
  expect(await it.send()).toEqual({ delivered: 3, refused: 0, waiting: 0, detail: null });
  expect(it.kept).toEqual(all.map(({ run }) => run));
  expect(await it.waiting()).toEqual([]);
  expect((await it.send()).delivered).toBe(0);
});

test('an answer that is lost makes the report be sent again, and kept once', async () => {
  await using it = await place();
  const all = [report(), report()];
  for (const one of all) await it.put(one);
  it.answers.push('lost');
  expect(await it.send()).toEqual({ delivered: 0, refused: 0, waiting: 2, detail: 'cut' });
  expect(await it.send()).toMatchObject({ delivered: 2, waiting: 0 });
  expect(it.kept).toEqual(all.map(({ run }) => run));
});

test.for(['no-coordinator', 503] as const)('%s keeps all of them waiting, in order', async (why) => {
  await using it = await place();
  const all = [report(), report()];
  for (const one of all) await it.put(one);
  it.answers.push(
    why === 503
      ? { kind: 'refused', status: why, code: 'busy', message: 'Too much to do.', remedy: 'Later.' }
      : { kind: why },
  );
  expect(await it.send()).toMatchObject({ delivered: 0, refused: 0, waiting: 2, detail: expect.any(String) });
  await it.send();
  expect(it.kept).toEqual(all.map(({ run }) => run));
});

test.for([400, 413])(
  'what the server will never take (%i) is set aside with its reason, and the next goes on',
  async (status) => {
    await using it = await place();
    const [bad, good] = [report(), report()];
    for (const one of [bad, good]) await it.put(one);
    it.answers.push({ kind: 'refused', status, code: 'other-source', message: 'Not yours.', remedy: '' });
    expect(await it.send()).toEqual({ delivered: 1, refused: 1, waiting: 0, detail: null });
    expect(it.kept).toEqual([good.run]);
    expect(await it.refused()).toMatchObject([
      { code: 'other-source', message: 'Not yours.', report: { run: bad.run } },
    ]);
  },
);

test('what a broken disk made of a report is set aside, and the next goes on', async () => {
  await using it = await place();
  const [torn, good] = [report(), report()];
  for (const one of [torn, good]) await it.put(one);
  await writeFile(join(it.home.outbox, (await it.waiting()).toSorted()[0] ?? ''), '{"version":1,');
  expect(await it.send()).toMatchObject({ delivered: 1, refused: 1 });
  expect(await it.refused()).toMatchObject([{ code: 'unreadable', report: '{"version":1,' }]);
});

test('dry runs, and runs that found another going on, are not handed in', async () => {
  await using it = await place();
  await it.put(report({ dryRun: true }));
  await it.put(report({ outcome: 'busy', reason: 'busy' }));
  expect(await it.waiting()).toEqual([]);
});

test('beyond 1,000 the oldest is set aside, and that is said', async () => {
  await using it = await place();
  const first = report();
  await it.put(first);
  for (let index = 2; index <= mostWaiting; index += 1) {
    const { run } = report();
    await writeFile(join(it.home.outbox, `${String(index).padStart(10, '0')}-${run}.json`), '');
  }
  expect(await it.waiting()).toHaveLength(mostWaiting);
  await it.put(report());
  expect(await it.waiting()).toHaveLength(mostWaiting);
  expect(await it.refused()).toMatchObject([{ code: 'outbox-full', report: { run: first.run } }]);
});

/** A disk whose power goes before its nth change; after it, or in the middle of a write, is another n. */
const cutBefore = (nth: number): OutboxDisk => {
  let changes = 0;
  const step = async (work: () => Promise<void>): Promise<void> => {
    if (changes >= nth) throw new Error('cut');
    changes += 1;
    await work();
  };
  return {
    ...realDisk,
    write: (file, content) => step(() => realDisk.write(file, content)),
    remove: (file) => step(() => realDisk.remove(file)),
  };
};

test.for([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'cut off before change %i of the disk, it loses nothing and doubles nothing',
  async (nth) => {
    await using it = await place();
    const all = [report(), report(), report(), report()];
    it.never.add(all[1]?.run ?? '');
    const disk = cutBefore(nth);
    const put: string[] = [];
    for (const one of all) {
      await it.put(one, disk).then(
        () => put.push(one.run),
        () => undefined,
      );
    }
    await it.send(disk);
    it.go(1_000);
    await it.send();
    expect(it.kept).toEqual(put.filter((run) => !it.never.has(run)));
    expect((await it.refused()).map(({ report: { run } }) => run)).toEqual(put.filter((run) => it.never.has(run)));
    expect(await it.waiting()).toEqual([]);
  },
);

test('a server that is older than databases gets the report without them, and is told so', async () => {
  await using it = await place();
  const seen: Report[] = [];
  const older: Pick<Coordinator, 'deliver'> = {
    deliver: async (_run, { report: said }) => {
      seen.push(said);
      const isKnown = said.steps.every(({ name }) => name === 'backup');
      if (!isKnown) return { kind: 'refused', status: 400, code: 'report-invalid', message: 'No.', remedy: '' };
      return { kind: 'ok', status: 201, value: { kept: 'new' } };
    },
  };
  const step: ReportStep = {
    ...{ name: 'backup', subject: null, attempt: 1, startedAt: at, endedAt: at, outcome: 'ok', reason: null },
    ...{ numbers: {}, words: [], warnings: [] },
  };
  const steps = [{ ...step, name: 'dump' as const, subject: 'shop' }, step];
  await putReport(it.home, report({ outcome: 'incomplete', reason: 'dump-failed', steps }));
  const signal = new AbortController().signal;
  const handed = await handIn({ places: it.home, coordinator: older, now: () => new Date(at), signal });
  expect(handed).toMatchObject({ delivered: 1, refused: 0, waiting: 0 });
  expect(seen.at(-1)).toMatchObject({ outcome: 'incomplete', reason: 'dump-failed', steps: [step], stepsLeftOut: 1 });
  expect(seen.at(-1)?.warnings.join()).toContain('this server is older');
});
