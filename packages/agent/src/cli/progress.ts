import type { Progress } from '@berth/common/restic/backup.ts';
import { type Io, writeJson } from './io.ts';
import { printable, size, span } from './words.ts';

/** Shows how far a command is, in the way its reader wants it. `clear` before anything else is written. */
export interface ProgressDisplay {
  readonly show: (progress: Progress) => void;
  /** Of something nobody knows the size of. */
  readonly showBytes: (name: string, bytesDone: number) => void;
  readonly clear: () => void;
}

/**
 * A bar on a terminal, drawn at most ten times a second; else a line for each tenth of the way, on standard error too; with `--json`, at
 * most one object a second on standard output. `nowMs` is a clock that only goes forward.
 */
export const progressDisplay = (
  io: Io,
  json: boolean,
  nowMs: () => number = () => performance.now(),
): ProgressDisplay => {
  if (json) return objects(io, nowMs);
  return io.terminal ? bar(io, nowMs) : lines(io);
};

/** One progress as text of at most `width` characters. */
export const progressText = (progress: Progress, width: number): string => {
  const left = progress.secondsRemaining === null ? '' : `  ${span(progress.secondsRemaining * 1000)} left`;
  const errors = progress.errorCount === 0 ? '' : `  ${progress.errorCount} unreadable`;
  const amount = `${size(progress.bytesDone)} of ${size(progress.bytesTotal)}, ${progress.filesDone} files`;
  const numbers = `${`${Math.floor(progress.fraction * 100)}`.padStart(3)} %  ${amount}${left}${errors}`;
  const room = Math.min(30, width - numbers.length - 4);
  if (room < 8) return numbers.slice(0, width);
  const filled = Math.round(progress.fraction * room);
  return `[${'#'.repeat(filled)}${'.'.repeat(room - filled)}] ${numbers}`;
};

const bar = (io: Io, nowMs: () => number): ProgressDisplay => {
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const draw = (text: () => string): void => {
    if (nowMs() - last < 100) return;
    last = nowMs();
    drawn = true;
    io.stderr(`\r\u001b[K${text()}`);
  };
  return {
    show: (progress) => draw(() => progressText(progress, io.columns - 1)),
    showBytes: (name, bytesDone) => draw(() => `${printable(name)}: ${size(bytesDone)}`.slice(0, io.columns - 1)),
    clear: () => {
      if (drawn) io.stderr('\r\u001b[K');
      drawn = false;
    },
  };
};

const lines = (io: Io): ProgressDisplay => {
  let tenth = 0;
  return {
    show: (progress) => {
      const reached = Math.floor(progress.fraction * 10);
      if (reached <= tenth) return;
      tenth = reached;
      io.stderr(`${progressText(progress, 100).replace(/^\[.*\] +/, '')}\n`);
    },
    showBytes: () => undefined,
    clear: () => undefined,
  };
};

const objects = (io: Io, nowMs: () => number): ProgressDisplay => {
  let last = Number.NEGATIVE_INFINITY;
  const write = (value: object): void => {
    if (nowMs() - last < 1_000) return;
    last = nowMs();
    writeJson(io, value);
  };
  return {
    show: (progress) => write({ event: 'progress', ...progress }),
    showBytes: (name, bytesDone) => write({ event: 'dumping', name, bytesDone }),
    clear: () => undefined,
  };
};
