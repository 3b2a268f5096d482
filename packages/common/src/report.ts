import { z } from 'zod';

/** The version of the report's shape. A reader that meets a higher one takes what it knows; see `reportSchema`. */
export const reportVersion = 1;

/** Bounds of what a report may carry, so that a server can take one from anyone. A whole report stays under 3 MiB. */
export const reportLimits = { steps: 60, lines: 40, lineLength: 500, numbers: 20, warnings: 40, dumps: 200 } as const;

const line = z.string().max(reportLimits.lineLength);
const lines = z.array(line).max(reportLimits.lines);
const code = z.string().regex(/^[a-z0-9-]{1,60}$/);
const instant = z.iso.datetime();

/** What a run is made of, in the order in which it happens. */
export const stepNames = [
  'config',
  'lock',
  'recover',
  'lease',
  'hook-before',
  'connect',
  'unlock',
  /** An entry of `databases:`, all of it. */
  'dump',
  /** A group of containers, or a unit, is made quiet and copied. */
  'quiesce',
  /** File systems are kept as they are in one moment. */
  'snapshot',
  'backup',
  /** What was made quiet runs again. */
  'restart',
  'forget',
  'prune',
  'check',
  'hook-after',
  'hook-failure',
] as const;

const step = z.object({
  name: z.enum(stepNames),
  /** Which of several it was about: an entry of `databases:`, a group of containers. */
  subject: z.string().max(120).nullable().default(null),
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

/** One dump: a database, or what belongs to all of an engine's. */
const dump = z.object({
  /** The entry's name in agent.yaml. */
  subject: z.string().max(120),
  engine: z.string().max(40),
  /** Null for what belongs to no single one. Control characters are taken out. */
  database: z.string().max(255).nullable(),
  outcome: z.enum(['ok', 'incomplete', 'failed', 'cancelled']),
  reason: code.nullable(),
  snapshot: z
    .string()
    .regex(/^[0-9a-f]{8,64}$/)
    .nullable(),
  bytes: z.number().min(0),
  tookMs: z.number().min(0),
  /** Who found it whole: the engine's own checker, or berth by its form, marks and sums. */
  verified: z.enum(['tool', 'stream', 'none']),
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
  /** Each database by itself; the steps `dump` say how their entries went. */
  dumps: z.array(dump).max(reportLimits.dumps).default([]),
  warnings: z.array(line).max(reportLimits.warnings),
});

/** One run's report. */
export type Report = z.output<typeof reportSchema>;
/** One step of it. */
export type ReportStep = Report['steps'][number];
/** One dump of it. */
export type ReportDump = Report['dumps'][number];
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
