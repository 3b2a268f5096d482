import { exitCode } from '@berth/common/problem.ts';
import type { Report, ReportStep } from '@berth/common/report.ts';
import type { Verdict } from './decide.ts';
import { explainBeside } from './explain-beside.ts';

/** Two sentences for people: what happened, and what to do. */
export interface Explanation {
  readonly happened: string;
  readonly remedy: string;
}

/** What a verdict means; null when all is well. A Problem's own words win over ours. */
export const explain = ({ outcome, reason }: Verdict, steps: readonly ReportStep[]): Explanation | null => {
  if (outcome === 'ok') return null;
  const step = steps.findLast((candidate) => candidate.reason === reason);
  const known = reason === null ? undefined : sentences[reason];
  const [happened, remedy] = step?.words ?? [];
  // Who connects knows better where it was going, but not why it was stopped.
  if (reason !== 'cancelled' && step?.name === 'connect' && happened !== undefined && remedy !== undefined) {
    return { happened, remedy };
  }
  const last = step?.words.at(-1);
  const where = step === undefined ? 'The run' : `The step ${step.name}`;
  return (
    known ??
    explainBeside(reason, steps) ?? {
      happened: `${where} failed${last === undefined ? '' : `: ${last}`}.`,
      remedy: 'Run berth doctor; it looks at each part.',
    }
  );
};

const sentences: Readonly<{ [reason: string]: Explanation }> = {
  incomplete: {
    happened: 'The backup was made, but restic reports faults with some of what it should hold.',
    remedy:
      'Their names are at the step backup. What could not be read: exclude it, or run berth as a user who may read it. What the repository had lost was stored again, and this was for this once.',
  },
  cancelled: {
    happened: 'The run was stopped.',
    remedy: 'Nothing has to be done: the next run goes on where this one was.',
  },
  'wrong-password': {
    happened: 'The password file does not open the repository.',
    remedy: 'Put back the password that was written down when this machine was enrolled.',
  },
  'no-repository': {
    happened: 'The server has no repository of this machine.',
    remedy: 'Run berth enroll again; it makes one.',
  },
  'out-of-space': {
    happened: 'The server has no room left for this machine.',
    remedy:
      "The admin can raise this source's quota or add a disk, which helps at once. To back up or keep less (exclude, retention) makes room only after protect: what goes is kept in the trash until then.",
  },
  'connection-cut': {
    happened: 'The connection was cut, and cut again, until the time for retries was over.',
    remedy: 'Run it again when the line is better; what was transferred is not transferred twice.',
  },
  'lease-lost': {
    happened: 'The server gave the place of this run to another machine, and there was no time to wait for a new one.',
    remedy: 'Nothing has to be done: the next run goes on where this one was.',
  },
  locked: {
    happened: 'The repository was locked by another program all the time.',
    remedy: 'Wait until that ends; the server removes locks that dead connections left.',
  },
  damaged: {
    happened: 'The check found damage in the repository.',
    remedy: 'Tell the admin of the server. Remove nothing: older snapshots and the trash may hold what is missing.',
  },
  refused: {
    happened: 'The server refused to store what restic sent.',
    remedy: 'Ask the admin to look at the log of the server.',
  },
  'hook-failed': { happened: 'A hook failed.', remedy: 'Its output is in the report; run it by hand to see why.' },
  'hook-timeout': {
    happened: 'A hook took longer than its timeout.',
    remedy: 'Raise timeout in agent.yaml, or let it do less.',
  },
};

/** The exit code of a program that made this report. */
export const exitCodeOf = ({ outcome, reason }: Pick<Report, 'outcome' | 'reason'>): number => {
  if (outcome === 'ok') return exitCode.ok;
  if (outcome === 'busy') return exitCode.busy;
  if (outcome === 'incomplete') return exitCode.incomplete;
  if (reason === null || outcome === 'cancelled') return exitCode.failed;
  if (untrusted.has(reason)) return exitCode.untrusted;
  if (unreachable.has(reason)) return exitCode.unreachable;
  if (usage.has(reason)) return exitCode.usage;
  return exitCode.failed;
};

const untrusted: ReadonlySet<string> = new Set(['host-key-changed', 'host-key-unknown', 'key-refused', 'key-exposed']);
const unreachable: ReadonlySet<string> = new Set(['connection-cut', 'unreachable', 'server-busy']);
const usage: ReadonlySet<string> = new Set([
  'invalid-config',
  'config-missing',
  'config-unreadable',
  'config-not-a-file',
]);
