import type { Report, ReportStep } from '@berth/common/report.ts';
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
  const { type, ...rest } = event;
  writeJson(io, { event: type, ...rest });
};

const showText = (io: Io, display: ProgressDisplay, event: RunEvent): void => {
  if (event.type === 'progress') {
    display.show(event.progress);
    return;
  }
  display.clear();
  io.stderr(eventText(event));
};

/** What happens during a run, in a line or more, each with its end; nothing where nobody needs to know. */
export const eventText = (event: Exclude<RunEvent, { readonly type: 'progress' }>): string => {
  switch (event.type) {
    case 'step':
      return stepText(event.step);
    case 'retry':
      return event.reason === 'lease-lost'
        ? `The server gave the place to another machine; in ${span(event.delayMs)} back into its queue.\n`
        : `Cut off (${event.reason}); again in ${span(event.delayMs)}.\n`;
    case 'waiting':
      return `waiting: ${ordinal(event.position)} in the queue, again in ${span(event.retryAfterMs)}${event.words === '' ? '' : ` (${printable(event.words)})`}\n`;
    case 'handed-in':
      return handedText(event);
  }
};

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
  const words = step.outcome === 'ok' ? [] : step.words.slice(0, 5);
  const lines = [...words, ...step.warnings.slice(0, 5)].map((line) => `    ${printable(line)}\n`);
  return `${step.name.padEnd(12)} ${mark.padEnd(10)} ${span(tookMs).padEnd(10)} ${numbersText(step)}`
    .trimEnd()
    .concat('\n', ...lines);
};

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
  } = numbers;
  if (name === 'backup' && filesNew !== undefined) {
    const files = `${filesNew} new, ${filesChanged ?? 0} changed, ${filesUnmodified ?? 0} unmodified files`;
    return `${files}; ${size(bytesProcessed ?? 0)} read, ${size(bytesAdded ?? 0)} new`;
  }
  if (snapshotsKept !== undefined) return `snapshots: ${snapshotsKept} kept, ${snapshotsRemoved ?? 0} forgotten`;
  return bytesRemoved === undefined ? '' : `${size(bytesRemoved)} no longer needed`;
};

const tell = (io: Io, report: Report): void => {
  if (report.message !== null)
    io.stderr(
      `berth: ${printable(report.message)}\n${report.remedy === null ? '' : `  ${printable(report.remedy)}\n`}`,
    );
  if (report.dryRun) io.stdout('That was a dry run: nothing was stored.\n');
  else if (report.snapshot !== null) io.stdout(`Snapshot ${report.snapshot.slice(0, 8)} is on the server.\n`);
};
