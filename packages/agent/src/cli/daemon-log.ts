import { Problem } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import type { DaemonEvent } from '../daemon/daemon.ts';
import { skipWords } from '../power/decide.ts';
import type { Skipped } from '../power/skipped.ts';
import type { IfDueEnd } from '../run/if-due.ts';
import type { RunEvent } from '../run/run.ts';
import { endText } from './run.ts';
import { eventText } from './show-run.ts';
import { moment, printable, span } from './words.ts';

/** What a daemon has to say. Each method is one kind of news. */
export interface DaemonLog {
  readonly started: (directory: string) => void;
  readonly daemon: (event: DaemonEvent) => void;
  readonly run: (event: RunEvent) => void;
  readonly skipped: (skipped: Skipped, isNew: boolean) => void;
  readonly failed: (error: unknown) => void;
  readonly stopped: () => void;
}

/**
 * Writes news as lines for people or, with `json`, as one object a line: `{at, event, …}`. What is as it was at the last wake is not said
 * again, so that a quiet day is a quiet log; nor is progress.
 */
export const daemonLog = ({
  json,
  now,
  write,
}: {
  readonly json: boolean;
  readonly now: () => Date;
  readonly write: (text: string) => void;
}): DaemonLog => {
  const say = (event: string, words: string, more: object = {}): void => {
    const at = now().toISOString();
    write(
      json
        ? `${JSON.stringify({ at, event, words, ...more })}\n`
        : `${moment(at)}  ${words.split('\n').map(printable).join('\n  ')}\n`,
    );
  };
  let before = '';
  let position: number | null = null;
  const failed = (error: unknown): void => {
    if (error instanceof Problem) {
      say('failed', `${error.message} ${error.remedy}`, { code: error.code, remedy: error.remedy });
      return;
    }
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say('failed', `berth itself failed: ${words}`, { code: 'bug' });
  };
  const woke = (end: IfDueEnd): void => {
    if (end.kind === 'ran') {
      before = '';
      say('report', reportWords(end.report), { report: end.report });
      return;
    }
    const { kind, ...rest } = end;
    const words = endText(end);
    const isNew = words !== before;
    before = words;
    // What `skip` put off was told when it was decided.
    const isTold = kind === 'waiting' || (kind === 'skipped' && end.reason !== 'busy');
    if (isNew && !isTold) say(kind, words, rest);
  };
  return {
    failed,
    started: (directory) => say('started', `Looks every 15 minutes whether a backup of ${directory} is due.`),
    stopped: () => say('stopped', 'Stopped.'),
    daemon: (event) => {
      if (event.type === 'woke') woke(event.end);
      else if (event.type === 'failed') failed(event.error);
      else if (event.type === 'jumped') say('jumped', jumpWords(event.byMs), { byMs: event.byMs });
    },
    run: (event) => {
      if (event.type === 'progress' || event.type === 'dumping') return;
      // Who waits asks again and again; only a new place is news.
      if (event.type === 'waiting' && event.position === position) return;
      position = event.type === 'waiting' ? event.position : null;
      const { type, ...rest } = event;
      const words = eventText(event).trimEnd();
      if (json || words !== '') say(type, words, rest);
    },
    skipped: ({ reason, until }, isNew) => {
      if (isNew) say('skipped', skipWords(reason, moment(until)), { reason, until });
    },
  };
};

const jumpWords = (byMs: number): string =>
  byMs > 0
    ? `This machine slept, or its clock was set: ${span(byMs)} are missing. Looking anew.`
    : `The clock was set back by ${span(-byMs)}. Looking anew.`;

const reportWords = (report: Report): string => {
  const { outcome, snapshot, message, remedy } = report;
  const took = span(new Date(report.endedAt).getTime() - new Date(report.startedAt).getTime());
  const stored = snapshot === null ? '' : `, snapshot ${snapshot.slice(0, 8)}`;
  const words = { ok: 'ok', incomplete: 'INCOMPLETE', failed: 'FAILED', cancelled: 'stopped', busy: 'busy' }[outcome];
  return [`Backup ${words}${stored}, took ${took}.`, message, remedy].filter((text) => text !== null).join(' ');
};
