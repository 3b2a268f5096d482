import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { liveObjects, type StoredObject, totalBytes } from '../objects.ts';
import { listen, watch } from '../programs.ts';
import type { Stage } from '../stage.ts';
import { expect, type Told } from '../story.ts';
import { unreadableBelow } from '../unreadable.ts';
import { count, size } from '../words.ts';
import type { Agent } from './enrol.ts';
import type { Receiver } from './receiver/receiver.ts';

/** What restic counted. */
interface Numbers {
  readonly files: number;
  readonly bytes: number;
  readonly bytesAdded: number;
  readonly changed: number;
}

/** Backs up both for the first time, at the same time: one with its bar on a terminal, the other without a word. */
export const backUpBoth = async (
  stage: Stage,
  receiver: Receiver,
  { shown, silent }: { readonly shown: Agent; readonly silent: Agent },
): Promise<Told<Numbers>> => {
  const [{ numbers, unreadable }] = await Promise.all([backUp(stage, shown, watch), backUp(stage, silent, listen)]);
  expect(numbers.files > 0 && numbers.bytesAdded > 0, 'nothing was stored');
  const stored = size(totalBytes(await packs(receiver, shown)));
  const left = unreadable === 0 ? '' : `; ${unreadable} not readable, and it says so`;
  const result = `${count(numbers.files, 'file')}, ${size(numbers.bytes)}; ${stored} on the server${left}`;
  return { result, value: numbers };
};

/** Backs up again what has not changed: every file is looked at, none is sent. */
export const backUpAgain = async (
  stage: Stage,
  receiver: Receiver,
  agent: Agent,
  first: Numbers,
): Promise<Told<undefined>> => {
  const before = await packs(receiver, agent);
  const { numbers } = await backUp(stage, agent, watch);
  expect(numbers.files === first.files, `${numbers.files} files instead of ${first.files}`);
  expect(numbers.changed === 0, `${count(numbers.changed, 'file')} changed meanwhile`);
  const after = await packs(receiver, agent);
  const uploaded = totalBytes(after) - totalBytes(before);
  expect(numbers.bytesAdded === 0 && uploaded === 0, `${size(uploaded)} went up again`);
  return { result: `${count(numbers.files, 'file')}, 0 changed, 0 B of data uploaded`, value: undefined };
};

const incomplete = 3;

const backUp = async (
  stage: Stage,
  agent: Agent,
  run: typeof watch,
): Promise<{ readonly numbers: Numbers; readonly unreadable: number }> => {
  // What this user can not read is no failure of the backup, but it must say so: with its exit code and in the report.
  const unreadable = (await unreadableBelow(agent.paths)).length;
  const [exitCode, outcome] = unreadable > 0 ? ([incomplete, 'incomplete'] as const) : ([0, 'ok'] as const);
  await run(stage, ['berth', 'backup', '--home', agent.name], exitCode);
  const report = await lastReport(agent);
  expect(report.outcome === outcome, `the report says ${report.outcome}`);
  expect(report.snapshot !== null, 'there is no snapshot');
  return { numbers: numbersOf(report), unreadable };
};

/** The report every run leaves on disk: names are times, so the last by name is the last. */
export const lastReport = async ({ home }: Agent): Promise<Report> => {
  const folder = join(home, 'state', 'reports');
  const name = (await readdir(folder))
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .at(-1);
  expect(name !== undefined, 'the run left no report');
  return reportSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
};

const numbersOf = ({ steps }: Report): Numbers => {
  const numbers = steps.findLast(({ name }) => name === 'backup')?.numbers ?? {};
  const number = (name: string): number => numbers[name] ?? Number.NaN;
  return {
    files: number('filesProcessed'),
    bytes: number('bytesProcessed'),
    bytesAdded: number('bytesAdded'),
    changed: number('filesNew') + number('filesChanged'),
  };
};

/** The files' content as the server has it: compressed and encrypted. */
const packs = async (receiver: Receiver, agent: Agent): Promise<readonly StoredObject[]> =>
  (await liveObjects(receiver, agent)).filter(({ type }) => type === 'data');
