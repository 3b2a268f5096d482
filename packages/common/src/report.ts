import { z } from 'zod';

/** The version of the report's shape. A reader that meets a higher one takes what it knows; see `reportSchema`. */
export const reportVersion = 1;

/** Bounds of what a report may carry, so that a server can take one from anyone. A whole report stays under 3 MiB. */
export const reportLimits = { steps: 60, lines: 40, lineLength: 500, numbers: 20, warnings: 40 } as const;

const line = z.string().max(reportLimits.lineLength);
const lines = z.array(line).max(reportLimits.lines);
const code = z.string().regex(/^[a-z0-9-]{1,60}$/);
const instant = z.iso.datetime();

/** What a run is made of, in the order in which it happens. */
export const stepNames = [
  'config',
  'lock',
  'lease',
  'hook-before',
  'connect',
  'unlock',
  'backup',
  'forget',
  'prune',
  'check',
  'hook-after',
  'hook-failure',
] as const;

const step = z.object({
  name: z.enum(stepNames),
  /** Which try it belongs to, from 1; what stands outside of them has 0. */
  attempt: z.int().min(0).max(100_000),
  startedAt: instant,
  endedAt: instant,
  outcome: z.enum(['ok', 'incomplete', 'failed', 'cancelled']),
  /** A restic failure kind or a Problem's code; null when all is well. */
  reason: code.nullable(),
  /** Bytes, files, snapshots: names carry their unit (`bytesAdded`). */
  numbers: z
    .record(z.string().regex(/^[a-zA-Z]{1,40}$/), z.number())
    .refine((numbers) => Object.keys(numbers).length <= reportLimits.numbers),
  /** restic's, ssh's or a hook's own words. */
  words: lines,
  warnings: lines,
});

/**
 * One run, start to end. Times are UTC by the agent's clock, which may be wrong: order and silence are judged by the
 * server's own clock. Unknown keys are dropped, so that newer agents can say more to older servers.
 */
export const reportSchema = z.object({
  version: z.literal(reportVersion),
  /** Made up per run, to recognise a report that arrives twice. */
  run: z.uuid(),
  /** The name in agent.yaml; null when it could not be read. */
  source: z.string().max(64).nullable(),
  versions: z.object({ berth: line, restic: line.nullable(), node: line, system: line }),
  startedAt: instant,
  endedAt: instant,
  /** `busy`: another run was still going on, and this one did nothing. */
  outcome: z.enum(['ok', 'incomplete', 'failed', 'cancelled', 'busy']),
  reason: code.nullable(),
  /** What happened and what to do next, for people; null when all is well. */
  message: z.string().max(4000).nullable(),
  remedy: z.string().max(4000).nullable(),
  attempts: z.int().min(0).max(100_000),
  dryRun: z.boolean(),
  /** The snapshot that was made: whole id or, with restic 0.14, its first 8 digits. */
  snapshot: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/)
    .nullable(),
  /** The first and the last ones; `stepsLeftOut` of a run with very many tries stood between them. */
  steps: z.array(step).max(reportLimits.steps),
  stepsLeftOut: z.int().min(0),
  warnings: z.array(line).max(reportLimits.warnings),
});

/** One run's report. */
export type Report = z.output<typeof reportSchema>;
/** One step of it. */
export type ReportStep = Report['steps'][number];
/** What a step is called. */
export type StepName = ReportStep['name'];

/** Lines cut to what a report carries: the first half and the last half, with a mark where some are missing. */
export const boundLines = (all: readonly string[], most: number = reportLimits.lines): string[] => {
  const cut = (text: string) => text.slice(0, reportLimits.lineLength);
  if (all.length <= most) return all.map(cut);
  const half = Math.floor((most - 1) / 2);
  const left = all.length - 2 * half;
  return [...all.slice(0, half), `… ${left} lines left out`, ...all.slice(-half)].map(cut);
};
