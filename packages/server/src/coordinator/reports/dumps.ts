import { printable } from '@berth/common/parsed.ts';
import type { Report } from '@berth/common/report.ts';
import { z } from 'zod';

const name = z.string().max(100);

/** A database that was not copied when it was tried last. Names came from outside: printable, of one line, short. */
const failingDump = z.object({
  subject: name,
  /** Null for what belongs to no single one, and where not even their names could be had. */
  database: name.nullable(),
  reason: name.nullable(),
  /** When it first failed, by the server's clock. */
  sinceMs: z.int(),
});

/** The dumps of a source's databases, as of its last run that came to them. */
export const dumpsOutlineSchema = z.object({
  atMs: z.int(),
  databases: z.int().min(0),
  /** Of those that were copied. */
  unverified: z.int().min(0),
  /** Stay until they succeed, or are no longer in agent.yaml; the first ones. */
  failing: z.array(failingDump).max(50),
  failingCount: z.int().min(0),
});
/** The dumps of a source's databases. */
export type DumpsOutline = z.output<typeof dumpsOutlineSchema>;
type FailingDump = DumpsOutline['failing'][number];

const mostFailing = 50;

/**
 * What a report says of databases, after what was known before. A run that did not come to them changes nothing: what failed is red until it
 * succeeds. Null where there are none.
 */
export const dumpsOf = (report: Report, endedAtMs: number, before: DumpsOutline | null): DumpsOutline | null => {
  if (report.dryRun || report.outcome === 'busy') return before;
  const steps = report.steps.filter((step) => step.name === 'dump');
  const hasRun = report.snapshot !== null && (report.outcome === 'ok' || report.outcome === 'incomplete');
  if (steps.length === 0 && report.dumps.length === 0) return hasRun ? null : before;
  const stays = (failing: FailingDump): boolean => {
    const own = report.dumps.filter(({ subject }) => words(subject) === failing.subject);
    const step = steps.findLast(({ subject }) => subject !== null && words(subject) === failing.subject);
    if (step?.outcome === 'ok') return false;
    if (step === undefined && own.length === 0) return !hasRun;
    const again = own.some(({ database }) => (database === null ? null : words(database)) === failing.database);
    return !again && !(failing.database === null && own.length > 0);
  };
  const since = new Map((before?.failing ?? []).map((failing) => [keyOf(failing), failing.sinceMs]));
  const failed = failedOf(report, endedAtMs).map((one) => ({ ...one, sinceMs: since.get(keyOf(one)) ?? one.sinceMs }));
  const failing = [...failed, ...(before?.failing ?? []).filter(stays)];
  const copied = report.dumps.filter(({ outcome }) => outcome === 'ok');
  return {
    atMs: endedAtMs,
    databases: countOf(report),
    unverified: copied.filter(({ verified }) => verified === 'none').length,
    failing: failing.slice(0, mostFailing),
    failingCount: failing.length,
  };
};

/** `3 databases, all verified`, `3 databases, 1 FAILED: shop-db/orders (dump-failed)`. */
export const dumpsWords = ({ databases, unverified, failing, failingCount }: DumpsOutline): string => {
  const all = `${databases} database${databases === 1 ? '' : 's'}`;
  if (failingCount > 0) {
    const named = failing
      .slice(0, 3)
      .map((one) => `${failingName(one)}${one.reason === null ? '' : ` (${one.reason})`}`);
    const rest = failingCount - named.length;
    return `${all}, ${failingCount} FAILED: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  }
  return unverified === 0 ? `${all}, ${databases === 1 ? '' : 'all '}verified` : `${all}, ${unverified} not verified`;
};

/** `shop-db/orders`; the entry's name alone for what is no single database. */
export const failingName = ({ subject, database }: Pick<FailingDump, 'subject' | 'database'>): string =>
  database === null ? subject : `${subject}/${database}`;

/** Escapes take more room than what they stand for. */
const words = (text: string): string => printable(text, 80).slice(0, 100);

const keyOf = ({ subject, database }: Pick<FailingDump, 'subject' | 'database'>): string =>
  JSON.stringify([subject, database]);

/** Those that failed by themselves, then entries that could not even be asked. */
const failedOf = (report: Report, sinceMs: number): readonly FailingDump[] => {
  const dumps = report.dumps
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ subject, database, reason }) => ({
      ...{ subject: words(subject), database: database === null ? null : words(database) },
      ...{ reason: reason === null ? null : words(reason), sinceMs },
    }));
  const told = new Set(dumps.map(({ subject }) => subject));
  const last = new Map(
    report.steps.flatMap((step) => (step.name === 'dump' ? [[step.subject ?? '', step] as const] : [])),
  );
  const entries = [...last.values()]
    .filter(
      ({ outcome, subject }) => (outcome === 'failed' || outcome === 'cancelled') && !told.has(words(subject ?? '')),
    )
    .map(({ subject, reason }) => ({
      ...{ subject: words(subject ?? 'databases'), database: null },
      ...{ reason: reason === null ? null : words(reason), sinceMs },
    }));
  return [...dumps, ...entries];
};

/** An entry of which no single database is known, as Redis or a file, counts as one. */
const countOf = ({ dumps, steps }: Report): number => {
  const single = dumps.filter(({ database }) => database !== null);
  const told = new Set(single.map(({ subject }) => subject));
  const entries = [
    ...dumps.map(({ subject }) => subject),
    ...steps.flatMap((step) => (step.name === 'dump' && step.subject !== null ? [step.subject] : [])),
  ];
  return single.length + new Set(entries.filter((subject) => !told.has(subject))).size;
};
