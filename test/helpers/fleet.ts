import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import { z } from 'zod';
import type { Machine } from './machine.ts';
import type { TestReceiver } from './receiver.ts';

/** From when to when something went on, UTC milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const puts = z.object({ at: z.iso.datetime(), op: z.literal('put') });

/** When objects of a source arrived, by the server's own journal: UTC milliseconds, ascending. */
export const arrivalsOf = async (receiver: TestReceiver, source: string): Promise<readonly number[]> => {
  const folder = join(receiver.dataDir, 'sources', source, 'journal');
  const months = (await readdir(folder)).filter((name) => name.endsWith('.jsonl')).toSorted();
  const texts = await Promise.all(months.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .flatMap((line) => {
      const read = puts.safeParse(parseJson(line));
      return read.success ? [Date.parse(read.data.at)] : [];
    });
};

/** Every report that a machine wrote, in its own order. */
export const reportsOf = async (machine: Machine): Promise<readonly Report[]> => {
  const folder = join(machine.home, 'state', 'reports');
  const names = (await readdir(folder).catch(() => [])).toSorted();
  return Promise.all(
    names.map(async (name) => reportSchema.parse(parseJson(await readFile(join(folder, name), 'utf8')))),
  );
};

/** When a run was at the server: from its first connection to its last restic command. Null when it never got there. */
export const timeAtServer = ({ steps }: Report): Span | null => {
  const there = steps.filter(
    ({ name }) => !name.startsWith('hook') && name !== 'lock' && name !== 'lease' && name !== 'config',
  );
  const [first, last] = [there[0], there.at(-1)];
  return first === undefined || last === undefined
    ? null
    : { from: Date.parse(first.startedAt), to: Date.parse(last.endedAt) };
};

/** The most of these that went on at one moment. One that begins as another ends is beside nobody. */
export const mostAtOnce = (spans: readonly Span[]): number => {
  const edges = spans.flatMap(({ from, to }) => [
    { at: from, change: 1 },
    { at: to, change: -1 },
  ]);
  edges.sort((one, other) => one.at - other.at || one.change - other.change);
  let now = 0;
  let most = 0;
  for (const { change } of edges) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
};
