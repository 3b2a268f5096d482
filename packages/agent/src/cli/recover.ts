import { exitCode } from '@berth/common/problem.ts';
import { Command } from 'commander';
import type { AgentConfig } from '../config/schema.ts';
import { isRight, type RecoverEnd, recover } from '../recover/recover.ts';
import { recoverWorld } from '../recover/world.ts';
import { takeLock } from '../run/lock.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { printable } from './words.ts';

/** `berth recover`: puts right what a run that was killed left behind. */
export const recoverCommand = (io: Io): Command =>
  new Command('recover')
    .summary('start again what a killed run left stopped')
    .description(
      `Puts right what a run left behind that did not end by itself (a crash, kill -9, a power cut): starts the containers and units it had stopped, puts back settings of databases, removes its snapshots of file systems and its temporary folders. Every run and every wake does this first; this is for now. While a run is going on it does nothing: what is stopped then is stopped for its copy.
Exit code: 0 all is right; 1 something is still to be put right, and the next wake tries again; 6 a run is going on.`,
    )
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nExamples:\n  berth recover\n  berth recover --json | jq .things')
    .action(async (options: CommonOptions) => {
      const home = homeFrom(options, io);
      // Without agent.yaml too: what is stopped is to run again.
      const config: AgentConfig | null = await configFrom(home).catch(() => null);
      await using _lock = await takeLock(home.lock);
      const end = await recover(home, recoverWorld({ home, env: io.env, config }), io.signal);
      if (options.json === true) writeJson(io, end);
      else (isRight(end) ? io.stdout : io.stderr)(recoveredText(end));
      process.exitCode =
        end.broken === null && end.things.every(({ outcome }) => outcome !== 'kept') ? exitCode.ok : exitCode.failed;
    });

/** For people, a line for each thing, what is still wrong last. */
export const recoveredText = ({ things, broken }: RecoverEnd): string => {
  const lines = things
    .toSorted((a, b) => order[a.outcome] - order[b.outcome])
    .map(
      ({ what, outcome, words }) =>
        `${mark[outcome]} ${printable(what)}${words === null ? '' : `: ${printable(words)}`}`,
    );
  if (things.length === 0 && broken === null) return 'Nothing is left to put right.\n';
  const remedy =
    broken === null
      ? []
      : [
          `What was unfinished could not be read; it is kept as ${broken}.`,
          '  Look whether all your containers and services run (docker ps -a; systemctl), then remove that file.',
        ];
  return [...lines, ...remedy].map((line) => `${line}\n`).join('');
};

const order = { done: 0, lost: 1, kept: 2 } as const;
const mark = { done: 'ok      ', lost: 'LOST    ', kept: 'NOT YET ' } as const;
