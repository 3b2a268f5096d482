import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatMoment, type Moment, parseMoment } from '@berth/common/moment.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { objectsMissing, planRewindJob, rewindJob, rewindTold } from '../jobs/rewind.ts';
import { startJob } from '../jobs/start.ts';
import type { RewindView } from '../store/rewind/shown.ts';
import { type Shared, say, sayJson } from './command.ts';
import { confirmByTyping } from './confirm.ts';
import { endSessionsOf } from './end-sessions.ts';
import { resticSourceInForce } from './on-source.ts';
import { isNothing, rewindText } from './rewind-text.ts';
import { untilInterrupted } from './until-interrupted.ts';

interface Flags {
  readonly to?: string;
  readonly data: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly endSessions?: true;
  readonly acceptMissing?: true;
  readonly json?: true;
}

/** Adds `rewind`: makes what a source was at some moment what it is. */
export const addRewindCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('rewind')
    .description(
      'make a source what it was at some moment; what came later goes to the trash, so this can be rewound too',
    )
    .argument('<source>', 'whose past')
    .option('--to <moment>', 'a day (its end), a time, how long ago (3d, 2h30m), or a place as berth prints it')
    .option('--dry-run', 'show what it would do, and do nothing')
    .option('--yes', 'do not ask')
    .option('--end-sessions', 'end the sessions of the source first: its backup, restore or check')
    .option('--accept-missing', 'go on though objects of that moment are nowhere any more')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples(
        'berth-server history laptop                               which moments there are',
        'berth-server rewind laptop --to 2026-11-14 --dry-run',
        'berth-server rewind laptop --to "2026-11-14 09:30"',
        'berth-server rewind laptop --to 3d --end-sessions --yes',
      ),
    )
    .action((name: string, flags: Flags) => rewindCommand(name, flags, defaults.data));
};

/** An agent comes back at once when its session is ended, and may be first; so may the server's own work on the source. */
const attempts = 3;
const pauseMs = 2000;

const rewindCommand = async (name: string, flags: Flags, usualData: string): Promise<void> => {
  const dataDir = resolve(flags.data);
  // Not a requiredOption: commander would complain of its absence where it was misspelt.
  if (flags.to === undefined) {
    throw new Problem(
      'moment',
      'It is not said which moment to go back to.',
      `Name it: --to 2026-11-14; berth-server history ${name} shows them.`,
    );
  }
  const parsed = parseMoment(flags.to, new Date());
  if (!parsed.ok) throw new Problem('moment', `--to: ${parsed.message}.`, parsed.remedy);
  const words = ['berth-server', 'rewind', name, ...(dataDir === usualData ? [] : ['--data', dataDir])].join(' ');
  const again = `${words} --to ${formatMoment(parsed.value)}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await once({ name, dataDir, flags, to: parsed.value, words, again });
      return;
    } catch (error) {
      const overtaken = error instanceof Problem && (error.code === 'plan-changed' || error.code === 'source-busy');
      if (!overtaken || flags.endSessions !== true || attempt === attempts) throw error;
      process.stderr.write(`berth-server: ${error.message} Once more.\n`);
      await sleep(pauseMs);
    }
  }
};

interface Wish {
  readonly name: string;
  readonly dataDir: string;
  readonly flags: Flags;
  readonly to: Moment;
  /** The command without its moment, and with the exact one. */
  readonly words: string;
  readonly again: string;
}

const once = async ({ name, dataDir, flags, to, words, again }: Wish): Promise<void> => {
  const { source, place, sessions } = await resticSourceInForce(dataDir, name);
  const moment = formatMoment(to);
  const plan = await startJob(place, source, planRewindJob, { to: moment });
  const commandTo = (at: number): string => `${words} --to ${at}`;
  const answer = (done: boolean, undo: number | null): void => {
    if (flags.json) sayJson({ source: name, moment, done, undo, plan });
  };
  if (!flags.json) say(rewindText(plan, { source: name, commandTo, quotaBytes: source.quotaBytes }));
  if (flags.dryRun) {
    if (!flags.json) say(`\nNothing was changed. To do it: ${again}\n`);
    return answer(false, null);
  }
  if (isNothing(plan)) {
    if (!flags.json) say(`\n${name} is what it was then: there is nothing to do.\n`);
    return answer(true, null);
  }
  requirePossible(plan, sessions, name, flags);
  if (flags.yes !== true) {
    const question = `\nTo undo it later: ${commandTo(plan.undo)}\nType the name of the source to rewind it: `;
    await confirmByTyping(question, name, `${again} --yes`);
  }
  if (flags.endSessions) await endSessionsOf(dataDir, name);

  using interruption = untilInterrupted();
  const result = await startJob(
    place,
    source,
    rewindJob,
    { to: moment, digest: plan.digest, acceptMissing: flags.acceptMissing === true },
    { signal: interruption.signal, onProgress: (value) => showProgress(value, commandTo) },
  );
  if (!flags.json) say(`\n${name} is what it was: ${result.returned} came back, ${result.left} went to the trash.\n`);
  if (!flags.json) say(`undo: ${commandTo(result.undo)}\n`);
  answer(true, result.undo);
};

const requirePossible = (plan: RewindView, sessions: number, name: string, flags: Flags): void => {
  const missing = Object.values(plan.missing).reduce((total, { objects }) => total + objects, 0);
  if (missing > 0 && flags.acceptMissing !== true) throw objectsMissing(missing);
  if (sessions === 0 || flags.endSessions) return;
  throw new Problem(
    'source-busy',
    `${sessions === 1 ? 'A session' : `${sessions} sessions`} of ${name} ${sessions === 1 ? 'lives' : 'live'}: a backup, a restore or a check.`,
    'Wait until it has ended, or add --end-sessions.',
  );
};

/** A line that redraws itself, for a person at a terminal only. */
const showProgress = (value: unknown, commandTo: (place: number) => string): void => {
  const told = rewindTold.safeParse(value);
  if (!told.success || !process.stderr.isTTY) return;
  if ('undo' in told.data) return void process.stderr.write(`To undo it later: ${commandTo(told.data.undo)}\n`);
  const { done, steps } = told.data;
  const percent = steps === 0 ? 100 : Math.floor((done / steps) * 100);
  process.stderr.write(`\r\u001b[K${percent} %  ${done} of ${steps} objects${done === steps ? '\n' : ''}`);
};
