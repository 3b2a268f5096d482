import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { type Finding, findingCodes } from '../store/fsck/finding.ts';
import { examine, type FsckProgress, unsettled } from '../store/fsck/fsck.ts';
import { look } from '../store/fsck/look.ts';
import { type RepairArguments, type Repaired, repair } from '../store/fsck/repair.ts';
import { layoutOf } from '../store/layout.ts';
import { readMended } from '../store/mended.ts';
import { defineJob, type JobContext } from './job.ts';

const count = z.int().nonnegative();

const group = z.object({
  code: z.string(),
  kind: z.enum(['repair', 'admin', 'note']),
  means: z.string(),
  repair: z.string(),
  found: count,
  /** How many are left; those not repaired without `repair`. */
  left: count,
  /** The first of them, those that are left before others. */
  examples: z.array(z.object({ name: z.string(), detail: z.string() })).readonly(),
});

const result = z.object({
  groups: z.array(group).readonly(),
  /** True when nothing is left that is more than a note. */
  settled: z.boolean(),
  repaired: z.boolean(),
  verified: z.boolean(),
  objects: count,
  /** What opening the store finished by itself, in words. */
  mended: z.array(z.string()).readonly(),
  /** What earlier openings finished, oldest first; UTC milliseconds. */
  earlier: z.array(z.object({ at: z.int(), what: z.array(z.string()).readonly() })).readonly(),
});

/** What `fsck` answers, findings grouped by their code. */
export type FsckResult = z.infer<typeof result>;
export type FsckGroup = z.infer<typeof group>;

const progress = z.object({ objects: count, objectsTotal: count, bytes: count, bytesTotal: count });

/** How far a job is that looks at every object; null for anything else. */
export const parseFsckProgress = (value: unknown): FsckProgress | null => progress.safeParse(value).data ?? null;

const examplesShown = 5;
const earlierShown = 10;

/** Compares a source's journal with its files; with `repair`, alone on the source, mends what differs. */
export const fsckJob = defineJob({
  name: 'fsck',
  args: z.strictObject({ repair: z.boolean(), verify: z.boolean() }),
  result,
  run: async (context, args) => {
    const whole = { ...repairArguments(context), verify: args.verify };
    const { disk, directory } = context;
    const earlier = await readMended(disk, layoutOf(directory).journal, earlierShown);
    const { found, left, objects, mended } = await unlessInterrupted(context, () =>
      args.repair ? repair(whole) : onlyLook(whole),
    );
    const settled = unsettled(left).length === 0;
    return {
      groups: groups(found, left),
      settled,
      repaired: args.repair,
      verified: args.verify,
      objects,
      mended,
      earlier,
    };
  },
});

/** What a job has, as the store's repair wants it; progress is told at most five times a second. */
export const repairArguments = (context: JobContext): Omit<RepairArguments, 'verify'> => {
  const tell = seldom(context.progress);
  const { disk, directory, now, pid, isAlive, signal } = context;
  return {
    disk,
    look,
    directory,
    uid: process.getuid?.() ?? 0,
    isAlive,
    now,
    pid,
    signal,
    progress: tell,
    mending: tell,
  };
};

/** The work, or the Problem `interrupted` when it was ended on the way: every step of it is whole. */
export const unlessInterrupted = async <Result>(
  { signal }: Pick<JobContext, 'signal'>,
  work: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Problem(
      'interrupted',
      'It was interrupted. What was done is whole; the rest is as it was.',
      'Type the same command to go on.',
      { cause: error },
    );
  }
};

const everyMs = 200;

const seldom = (tell: (value: FsckProgress) => void): ((value: FsckProgress) => void) => {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    if (performance.now() - last < everyMs) return;
    last = performance.now();
    tell(value);
  };
};

const onlyLook = async (args: RepairArguments): Promise<Pick<Repaired, 'found' | 'left' | 'objects' | 'mended'>> => {
  const { findings, objects } = await examine(args);
  return { found: findings, left: findings, objects, mended: [] };
};

const groups = (found: readonly Finding[], left: readonly Finding[]): readonly FsckGroup[] => {
  const [all, still] = [found, left].map((list) => Map.groupBy(list, ({ code }) => code));
  return Object.entries(findingCodes).flatMap(([code, { kind, means, repair: how }]) => {
    const isCode = ([key]: readonly [string, unknown]): boolean => key === code;
    const of = (map: typeof all): readonly Finding[] => [...(map ?? [])].find(isCode)?.[1] ?? [];
    const [before, after] = [of(all), of(still)];
    if (before.length + after.length === 0) return [];
    const names = new Set(after.map(({ name }) => name));
    const examples = [...after, ...before.filter(({ name }) => !names.has(name))].slice(0, examplesShown);
    return [
      {
        ...{ code, kind, means, repair: how, left: after.length, found: Math.max(before.length, after.length) },
        examples: examples.map(({ name, detail }) => ({ name, detail })),
      },
    ];
  });
};
