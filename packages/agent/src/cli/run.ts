import { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { sensesOf } from '../power/senses.ts';
import { skipHook } from '../power/skip.ts';
import { exitCodeOf } from '../run/explain.ts';
import { type IfDueEnd, runIfDue } from '../run/if-due.ts';
import { realWorld } from '../run/world.ts';
import { backUp } from './backup.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { showRun } from './show-run.ts';
import { moment } from './words.ts';

interface Options extends CommonOptions {
  readonly ifDue?: boolean;
}

/** `berth run`: what the timer of the operating system types. */
export const runCommand = (io: Io): Command =>
  new Command('run')
    .summary('back up when a run is due (for timers)')
    .description(
      `With --if-due, which is what the timer types every 15 minutes: backs up when the server has planned a run of this
machine for now or when one was missed, waiting for its slot and its place in the queue; else it ends at once and says
nothing. What a killed run has left stopped is started again first. Reports the server does not have yet are handed in.
When the server is away, runs go by the last known slot.
Without --if-due it is "berth backup".
Exit code: 0 when no run is due, or another is going on already; else that of the run, as of "berth backup".`,
    )
    .option('--if-due', 'only when a run is due')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'events, and what came of it last, as JSON lines on standard output')
    .addHelpText('after', '\nExamples:\n  berth run --if-due\n  berth run --if-due --json | tail -n 1 | jq .event')
    .action(async (options: Options) => {
      if (options.ifDue !== true) return backUp(io, options);
      const home = homeFrom(options, io);
      const shown = showRun(io, options.json === true);
      const loadConfig = () => configFrom(home);
      const end = await runIfDue({
        ...{ home, loadConfig, skip: skipHook({ home, loadConfig, senses: sensesOf(), now: () => new Date() }) },
        world: realWorld(home, io.env, io.stderr),
        signal: io.signal,
        berthVersion: packageJson.version,
        onEvent: shown.event,
      }).finally(shown.clear);
      if (end.kind === 'ran') {
        shown.report(end.report);
        process.exitCode = exitCodeOf(end.report);
      } else if (options.json === true) {
        const { kind, ...rest } = end;
        writeJson(io, { event: kind, ...rest });
      } else if (io.terminal) io.stderr(`${endText(end)}\n`);
    });

/** Why nothing was done, in a line. */
export const endText = (end: Exclude<IfDueEnd, { readonly kind: 'ran' }>): string => {
  switch (end.kind) {
    case 'not-due':
      return end.slotAt === undefined ? 'No run is due.' : `No run is due; the next begins at ${moment(end.slotAt)}.`;
    case 'waiting':
      return `Stopped at place ${end.position} in the server's queue.`;
    case 'skipped':
      return end.reason === 'busy' ? 'Another run is going on.' : `A run is due, but not now: ${end.reason}.`;
  }
};
