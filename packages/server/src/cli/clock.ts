import { resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Command } from 'commander';
import { recordConditions } from '../events/record.ts';
import { clockCondition, clockOf, trustClock } from '../jobs/clock.ts';
import type { ClockJump } from '../jobs/clock-judge.ts';
import { markClockJob } from '../jobs/mark-clock.ts';
import { jobPlaceOf } from '../jobs/place.ts';
import { startJob } from '../jobs/start.ts';
import { forHowLong } from '../status/age.ts';
import { type ServerStatus, status } from '../status/status.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { thisProgram } from '../supervisor/program.ts';
import { type Shared, say, sayJson } from './command.ts';
import { confirmByTyping } from './confirm.ts';
import { localTime } from './local-time.ts';

interface Flags {
  readonly data: string;
  readonly confirm?: true | string;
  readonly json?: true;
}

/** Adds `clock`: what time the server believes it is, and the admin's word that this is right. */
export const addClockCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('clock')
    .description('show what time the server believes it is, and whether it purges by it')
    .option('--confirm [date]', 'say that the clock is right now; asks for the date, unless it is given')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      examples('berth-server clock', 'berth-server clock --confirm', 'berth-server clock --confirm 2026-11-14'),
    )
    .action((flags: Flags) => clockCommand(flags));
};

const clockCommand = async (flags: Flags): Promise<void> => {
  const dataDir = resolve(flags.data);
  requireDataDir(dataDir);
  const { trusted, jump, now } = clockOf(dataDir);
  const time = localTime(now.wallMs);
  const answer = { now: new Date(now.wallMs).toISOString(), trusted, jump: jump === null ? null : jumpOf(jump) };
  if (flags.confirm === undefined) {
    say(flags.json ? `${JSON.stringify(answer)}\n` : text(time, jump));
    return;
  }
  const today = time.slice(0, 10);
  if (!flags.json) say(`${text(time, jump)}\n`);
  await askForDate(flags.confirm, today);
  const found = await status(dataDir);
  const marks = await markAll(dataDir, found);
  await trustClock(dataDir);
  await recordConditions(dataDir, [clockCondition(null, now)], Date.now());
  if (flags.json) sayJson({ ...answer, trusted: true, confirmed: true, ...marks });
  else
    say(`Confirmed: it is ${time}. ${marks.marked.length} sources have a mark of it; what is due is purged again.\n`);
  if (marks.failed.length === 0) return;
  for (const { source, happened } of marks.failed) process.stderr.write(`berth-server: ${source}: ${happened}\n`);
  throw new Problem(
    'not-all-marked',
    `${marks.failed.length} sources have no mark: what they stored while the clock was ahead is purged late, never early.`,
    `Type it again later: berth-server clock --confirm ${today}`,
  );
};

/** Whoever has to type the date looks at a calendar, and not only at what the server says. */
const askForDate = async (given: true | string, today: string): Promise<void> => {
  const command = `berth-server clock --confirm ${today}`;
  const why = 'It then purges what is older than its time of protection by this clock.';
  if (given === true)
    return confirmByTyping(`${why}\nType the date of today (YYYY-MM-DD) if the time above is right: `, today, command);
  if (given === today) return;
  throw new Problem(
    'other-date',
    `By the server's clock it is ${today}, not ${given}. Nothing was changed.`,
    'Set the clock right, and look again: berth-server clock',
  );
};

/** One source after another; one that can not be marked now holds up none of the others. */
const markAll = async (dataDir: string, { server, up, sources }: ServerStatus) => {
  const marked: string[] = [];
  const failed: { source: string; happened: string }[] = [];
  const withJournal = sources.filter(({ access }) => access === 'restic');
  if (withJournal.length === 0) return { marked, failed };
  const place = jobPlaceOf({ server, up, dataDir, program: thisProgram() });
  for (const source of withJournal) {
    try {
      const result = await startJob(place, source, markClockJob, {});
      if (result.marked) marked.push(source.name);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed.push({ source: source.name, happened: error.message });
    }
  }
  return { marked, failed };
};

const jumpOf = ({ byMs, noticedAtMs, before }: ClockJump) => ({
  byMs,
  noticedAt: new Date(noticedAtMs).toISOString(),
  rightUntil: before === null ? null : new Date(before.wallMs).toISOString(),
});

const text = (time: string, jump: ClockJump | null): string => {
  if (jump === null) return `it is   ${time}\nclock   trusted: what is due is purged\n`;
  const { byMs, before } = jump;
  const how =
    byMs === null
      ? 'what was known of it is lost'
      : `it is ${forHowLong(Math.abs(byMs))} ${byMs > 0 ? 'ahead of what is expected, or the server was off for so long' : 'behind what is expected'}`;
  return [
    `it is   ${time}`,
    `clock   NOT TRUSTED: ${how}`,
    ...(before === null ? [] : [`        it was last known to be right at ${localTime(before.wallMs)}`]),
    'purge   stopped; backups, restores and everything else go on',
    'next    if the time above is right: berth-server clock --confirm; if not, set the clock right\n',
  ].join('\n');
};
