import { printable } from '@berth/common/parsed.ts';
import type { Report } from '@berth/common/report.ts';
import { z } from 'zod';
import { type DumpsOutline, dumpsOf, dumpsOutlineSchema } from './dumps.ts';

const count = z.int().min(0);

/** A run in short: what stays of a report when the whole is no longer kept. Times are UTC milliseconds by the server's clock. */
export const runOutlineSchema = z.object({
  run: z.string(),
  receivedAtMs: z.int(),
  startedAtMs: z.int(),
  endedAtMs: z.int(),
  /** By the agent's own clock, which may be wrong, but not within a run. */
  durationMs: count,
  /** How long it held its place, by the server's clock; null for a run without a lease. */
  heldMs: count.nullable(),
  /** How much the agent's clock was ahead while it sent; negative when behind. */
  skewMs: z.int(),
  outcome: z.enum(['ok', 'incomplete', 'failed', 'cancelled', 'busy']),
  reason: z.string().nullable(),
  /** For people, printable, one line. */
  message: z.string().nullable(),
  dryRun: z.boolean(),
  /** The snapshot it made. */
  snapshot: z.string().nullable(),
  attempts: count,
  warnings: count,
  bytesRead: count.nullable(),
  /** Before and after compression. */
  bytesAdded: count.nullable(),
  bytesStored: count.nullable(),
  bytesPruned: count.nullable(),
  /** How many snapshots there are after it. */
  snapshots: count.nullable(),
  /** How many retention removed; what was kept of older runs lacks it. */
  snapshotsRemoved: count.nullable().default(null),
  /** Of its databases, with what had failed before and was not tried since; what was kept of older runs lacks it. */
  dumps: dumpsOutlineSchema.nullable().default(null),
  berthVersion: z.string(),
  resticVersion: z.string().nullable(),
});
/** A run in short. */
export type RunOutline = z.output<typeof runOutlineSchema>;

/** Whether it says anything about how the source is: a dry run and one that found another going on do not. */
export const counts = ({ dryRun, outcome }: Pick<RunOutline, 'dryRun' | 'outcome'>): boolean =>
  !dryRun && outcome !== 'busy';

/** Whether it is a success: it made a snapshot, and ended without failing. */
export const isGood = (outline: Pick<RunOutline, 'dryRun' | 'outcome' | 'snapshot'>): boolean =>
  counts(outline) && outline.snapshot !== null && (outline.outcome === 'ok' || outline.outcome === 'incomplete');

/**
 * How long runs held their place, as the server measured it. What an agent says of itself is no length: one that claims a week
 * would have the nights of all the others planned around it.
 */
export const measured = (outlines: readonly Pick<RunOutline, 'heldMs'>[]): readonly number[] =>
  outlines.map(({ heldMs }) => heldMs).filter((ms) => ms !== null);

/**
 * What a report comes to. An agent's clock may be wrong: `sentAtMs`, its clock while it sent, against `receivedAtMs` tells
 * how much, and its times are put right by that. Nothing ends later than now.
 */
export const outlineOf = (
  report: Report,
  when: { readonly sentAtMs: number; readonly receivedAtMs: number; readonly grantedAtMs: number | null },
  /** Of its last run before this one. */
  dumpsBefore: DumpsOutline | null = null,
): RunOutline => {
  const { sentAtMs, receivedAtMs, grantedAtMs } = when;
  const [startedAt, endedAt] = [Date.parse(report.startedAt), Date.parse(report.endedAt)];
  const durationMs = Math.max(0, endedAt - startedAt);
  const skewMs = skewOf(sentAtMs, receivedAtMs);
  const endedAtMs = Math.min(endedAt - skewMs, receivedAtMs);
  return {
    run: report.run,
    receivedAtMs,
    startedAtMs: endedAtMs - durationMs,
    endedAtMs,
    durationMs,
    heldMs: grantedAtMs === null ? null : Math.max(0, Math.round(receivedAtMs - grantedAtMs)),
    skewMs,
    outcome: report.outcome,
    reason: report.reason,
    message: report.message === null ? null : printable(report.message, longestMessage),
    dryRun: report.dryRun,
    snapshot: report.snapshot,
    attempts: report.attempts,
    warnings: report.warnings.length + report.steps.reduce((sum, { warnings }) => sum + warnings.length, 0),
    bytesRead: last(report, 'backup', 'bytesProcessed'),
    bytesAdded: last(report, 'backup', 'bytesAdded'),
    bytesStored: last(report, 'backup', 'bytesAddedPacked'),
    bytesPruned: last(report, 'prune', 'bytesRemoved'),
    snapshots: last(report, 'forget', 'snapshotsKept'),
    snapshotsRemoved: last(report, 'forget', 'snapshotsRemoved'),
    dumps: dumpsOf(report, endedAtMs, dumpsBefore),
    berthVersion: printable(report.versions.berth, 60),
    resticVersion: report.versions.restic === null ? null : printable(report.versions.restic, 60),
  };
};

const longestMessage = 500;

/** What a request takes on its way is no wrong clock. */
const skewOf = (sentAtMs: number, receivedAtMs: number): number => {
  const skewMs = sentAtMs - receivedAtMs;
  return Math.abs(skewMs) < 10_000 ? 0 : skewMs;
};

/** What the last step of that name that ended well counted. */
const last = ({ steps }: Report, name: Report['steps'][number]['name'], number: string): number | null => {
  const step = steps.findLast((one) => one.name === name && one.numbers[number] !== undefined);
  const value = step?.numbers[number];
  return value === undefined ? null : Math.min(Math.max(0, Math.round(value)), Number.MAX_SAFE_INTEGER);
};
