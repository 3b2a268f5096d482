import type { Report, ReportStep, StepName } from '@berth/common/report.ts';
import type { RecoverEnd } from '../recover/recover.ts';
import { withoutCoordinator } from '../run/outbox.ts';
import type { RunEvent } from '../run/run.ts';
import { type Io, writeJson } from './io.ts';
import { type ProgressDisplay, progressDisplay } from './progress.ts';
import { printable, size, span } from './words.ts';

/** Shows one run while it goes on, and what it came to. */
export interface ShownRun {
  readonly event: (event: RunEvent) => void;
  /** `file` is where the report lies; left out of what programs read when it is not known here. */
  readonly report: (report: Report, file?: string | null) => void;
  /** Takes a drawn bar away. */
  readonly clear: () => void;
}

/** For people on standard error, or with `json` an object a line on standard output, the report last. */
export const showRun = (io: Io, json: boolean): ShownRun => {
  const display = progressDisplay(io, json);
  return {
    event: (event) => (json ? showObject(io, display, event) : showText(io, display, event)),
    report: (report, file) => {
      if (json) writeJson(io, { event: 'report', ...(file !== undefined && { file }), ...report });
      else tell(io, report);
    },
    clear: display.clear,
  };
};

const showObject = (io: Io, display: ProgressDisplay, event: RunEvent): void => {
  if (event.type === 'progress') {
    display.show(event.progress);
    return;
  }
  if (event.type === 'dumping') {
    display.showBytes(event.name, event.bytesDone);
    return;
  }
  const { type, ...rest } = event;
  writeJson(io, { event: type, ...rest });
};

const showText = (io: Io, display: ProgressDisplay, event: RunEvent): void => {
  if (event.type === 'progress') {
    display.show(event.progress);
    return;
  }
  if (event.type === 'dumping') {
    display.showBytes(event.name, event.bytesDone);
    return;
  }
  display.clear();
  io.stderr(eventText(event));
};

/** What happens during a run, in a line or more, each with its end; nothing where nobody needs to know. */
export const eventText = (event: Exclude<RunEvent, { readonly type: 'progress' | 'dumping' }>): string => {
  switch (event.type) {
    case 'step':
      return stepText(event.step);
    case 'retry':
      return event.reason === 'lease-lost'
        ? `The server gave the place to another machine; in ${span(event.delayMs)} back into its queue.\n`
        : `Cut off (${event.reason}); again in ${span(event.delayMs)}.\n`;
    case 'waiting':
      return `waiting: ${ordinal(event.position)} in the queue, again in ${span(event.retryAfterMs)}${event.words === '' ? '' : ` (${printable(event.words)})`}\n`;
    case 'recovered':
      return recoveredText(event.end);
    case 'handed-in':
      return handedText(event);
  }
};

const recoveredText = ({ things, broken }: RecoverEnd): string =>
  [
    ...things.map(({ what, outcome, reason, words }) => {
      const said = words ?? reason;
      const mark = { done: 'put right', kept: 'NOT put right yet', lost: 'lost' }[outcome];
      return `left by a run that was killed: ${printable(what)}: ${mark}${said === null ? '' : ` (${printable(said)})`}\n`;
    }),
    ...(broken === null ? [] : [`${printable(broken)} could not be read: look whether all runs that should.\n`]),
  ].join('');

/** Silent where all is well, and where the server keeps no reports. */
const handedText = ({ refused, waiting, detail }: RunEvent & { readonly type: 'handed-in' }): string => {
  const left = detail === null || detail === withoutCoordinator ? '' : printable(detail);
  return [
    refused === 0 ? '' : `The server did not take ${reports(refused)}: see "berth status".\n`,
    left === '' ? '' : `${waiting === 1 ? 'The report waits' : `${reports(waiting)} wait`} on this machine: ${left}.\n`,
  ].join('');
};

const reports = (count: number): string => (count === 1 ? 'a report' : `${count} reports`);

/** 1st, 2nd, 3rd, 11th. */
const ordinal = (position: number): string => {
  const teen = Math.floor((position % 100) / 10) === 1;
  const ending = teen ? undefined : { 1: 'st', 2: 'nd', 3: 'rd' }[position % 10];
  return `${position}${ending ?? 'th'}`;
};

const stepText = (step: ReportStep): string => {
  const tookMs = new Date(step.endedAt).getTime() - new Date(step.startedAt).getTime();
  const mark = { ok: 'ok', incomplete: 'INCOMPLETE', failed: 'FAILED', cancelled: 'stopped' }[step.outcome];
  const words = step.outcome === 'ok' && !telling.has(step.name) ? [] : step.words.slice(0, 5);
  const lines = [...words, ...step.warnings.slice(0, 5)].map((line) => `    ${printable(line)}\n`);
  const name = step.subject === null ? step.name : `${step.name} ${printable(step.subject)}`;
  return `${name.padEnd(12)} ${mark.padEnd(10)} ${span(tookMs).padEnd(10)} ${numbersText(step)}`
    .trimEnd()
    .concat('\n', ...lines);
};

/** Steps whose words say what was done, or in a dry run would be, also where all is well. */
const telling: ReadonlySet<StepName> = new Set(['recover', 'dump', 'quiesce']);

const numbersText = ({ name, numbers }: ReportStep): string => {
  const {
    filesNew,
    filesChanged,
    filesUnmodified,
    bytesProcessed,
    bytesAdded,
    snapshotsKept,
    snapshotsRemoved,
    bytesRemoved,
    dumpsMade,
    bytesDumped,
    downMs,
  } = numbers;
  if (dumpsMade !== undefined) return `${dumpsMade === 1 ? '1 dump' : `${dumpsMade} dumps`}; ${size(bytesDumped ?? 0)}`;
  if (downMs !== undefined) return `after ${span(downMs)}`;
  if ((name === 'backup' || name === 'quiesce') && filesNew !== undefined) {
    const files = `${filesNew} new, ${filesChanged ?? 0} changed, ${filesUnmodified ?? 0} unmodified files`;
    return `${files}; ${size(bytesProcessed ?? 0)} read, ${size(bytesAdded ?? 0)} new`;
  }
  if (snapshotsKept !== undefined) return `snapshots: ${snapshotsKept} kept, ${snapshotsRemoved ?? 0} forgotten`;
  return bytesRemoved === undefined ? '' : `${size(bytesRemoved)} no longer needed`;
};

/** The first ten of what was dumped; those that failed first. */
export const dumpLines = ({ dumps }: Pick<Report, 'dumps'>): readonly string[] => {
  const failed = dumps.filter(({ snapshot }) => snapshot === null);
  const all = [...failed, ...dumps.filter(({ snapshot }) => snapshot !== null)];
  const lines = all.slice(0, 10).map(({ subject, engine, database, snapshot, bytes, verified, reason }) => {
    const what = `${engine} ${printable(subject)}${database === null ? '' : `/${printable(database)}`}`;
    if (snapshot === null) return `${what}: NO DUMP (${reason ?? 'failed'}).`;
    const by = { tool: ', checked by its own tool', stream: ', checked', none: '' }[verified];
    return `${what}: snapshot ${snapshot.slice(0, 8)}, ${size(bytes)}${by}.`;
  });
  return all.length > lines.length ? [...lines, `… and ${all.length - lines.length} more dumps.`] : lines;
};

const tell = (io: Io, report: Report): void => {
  if (report.message !== null)
    io.stderr(
      `berth: ${printable(report.message)}\n${report.remedy === null ? '' : `  ${printable(report.remedy)}\n`}`,
    );
  if (report.dryRun) io.stdout('That was a dry run: nothing was stored.\n');
  else if (report.snapshot !== null) io.stdout(`Snapshot ${report.snapshot.slice(0, 8)} is on the server.\n`);
  for (const line of dumpLines(report)) io.stdout(`${line}\n`);
};
