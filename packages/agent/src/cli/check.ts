import { Command } from 'commander';
import { checkRepository } from '../check/check.ts';
import { asOfFrom, asOfOption, showRemark } from './as-of.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { usageProblem } from './problems.ts';

interface Options extends CommonOptions {
  readonly share?: string;
  readonly all?: boolean;
  readonly asOf?: string;
}

/** `berth check`: is the repository sound, down to a share of its bytes? */
export const checkCommand = (io: Io): Command =>
  new Command('check')
    .summary('prove that the repository is sound')
    .description(
      'Checks that everything every snapshot needs is in the repository. With --share or --all it also fetches data and\ncompares every byte with its hash. "berth backup" does this by itself, as agent.yaml says; this is for now.',
    )
    .option('--share <percent>', 'read this share of the data, drawn at random: 5%')
    .option('--all', 'read all data')
    .option(...asOfOption)
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON object on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth check\n  berth check --share 5%\n  berth check --all\n  berth check --as-of 2026-11-14',
    )
    .action(async (options: Options) => {
      const share = shareFrom(options);
      const home = homeFrom(options, io);
      const asOf = asOfFrom(options.asOf, io);
      const { server } = await configFrom(home);
      await checkRepository({ destination: server, home, share, asOf, onRemark: showRemark(io), signal: io.signal });
      const then = asOf === null ? {} : { asOf: asOf.exact };
      if (options.json) return writeJson(io, { check: 'ok', share: share ?? '0%', ...then });
      io.stdout(
        `The repository ${asOf === null ? 'is' : 'as it was then is'} sound${share === null ? '; no data was read (see --share)' : `, and so is ${share} of its data`}.\n`,
      );
    });

const shareFrom = ({ share, all }: Options): string | null => {
  if (all && share !== undefined) throw usageProblem('--share and --all were both given.', 'Choose one of them.');
  if (all) return '100%';
  if (share === undefined) return null;
  const number = /^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(share)?.[1];
  if (number !== undefined && Number(number) > 0 && Number(number) <= 100) return `${number}%`;
  throw usageProblem(`--share: "${share}" is no share.`, 'Write a percentage above 0, up to 100: --share 5%');
};
