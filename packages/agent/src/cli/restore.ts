import { exitCode } from '@berth/common/problem.ts';
import { Command } from 'commander';
import { type Restored, restore } from '../restore/restore.ts';
import { asOfFrom, asOfOption, showRemark } from './as-of.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { usageProblem } from './problems.ts';
import { progressDisplay } from './progress.ts';
import { printable, size } from './words.ts';

interface Options extends CommonOptions {
  readonly target?: string;
  readonly include: readonly string[];
  readonly verify?: boolean;
  readonly intoExisting?: boolean;
  readonly asOf?: string;
}

/** `berth restore`: bring files back. */
export const restoreCommand = (io: Io): Command =>
  new Command('restore')
    .summary('bring files back')
    .description(
      'Brings a snapshot back under DIR, each file at its whole path: /etc/hosts becomes DIR/etc/hosts. Nothing outside DIR is\ntouched. Owners come back when root restores.',
    )
    .argument('[snapshot]', 'an ID from "berth snapshots", or latest', 'latest')
    .option('--target <dir>', 'where to: a new or empty directory')
    .option('--include <path>', 'only this file or directory, or pattern; may be repeated', collect, [])
    .option(...asOfOption)
    .option('--verify', 'read every file again after writing, and compare')
    .option('--into-existing', 'restore into a directory that is not empty, replacing files of the same name')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'events and the result as JSON lines on standard output')
    .addHelpText(
      'after',
      `
Examples:
  berth restore --target /tmp/restored
  berth restore --target /tmp/restored --include /home/me/thesis --verify
  berth restore 4f3c2b1a --target /mnt/new-disk
  berth restore --as-of 2026-11-14 --target /tmp/before-it-happened`,
    )
    .action(async (snapshot: string, options: Options) => {
      if (!/^(?:latest|[0-9a-f]{4,64})$/.test(snapshot)) {
        throw usageProblem(`"${snapshot}" is no snapshot.`, 'Write latest, or an ID from "berth snapshots".');
      }
      // Not a requiredOption: commander would complain of its absence where it was misspelt.
      if (options.target === undefined) {
        throw usageProblem('It is not said where to restore to.', 'Name a new or empty directory: --target DIR');
      }
      const home = homeFrom(options, io);
      const asOf = asOfFrom(options.asOf, io);
      const { server } = await configFrom(home);
      const display = progressDisplay(io, options.json === true);
      const { target, include, verify = false, intoExisting = false } = options;
      const restored = await restore({
        ...{ destination: server, home, snapshot, target, include, verify, intoExisting, asOf },
        onProgress: display.show,
        onRemark: showRemark(io),
        signal: io.signal,
      }).finally(display.clear);
      if (options.json) writeJson(io, { event: 'restored', ...restored, ...(asOf && { asOf: asOf.exact }) });
      else tell(io, restored);
      if (restored.failureCount > 0) process.exitCode = exitCode.incomplete;
    });

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const tell = (io: Io, restored: Restored): void => {
  const { filesRestored, bytesRestored, target, failures, failureCount } = restored;
  const amount =
    filesRestored === null || bytesRestored === null ? '' : ` ${filesRestored} files, ${size(bytesRestored)},`;
  io.stdout(`Restored${amount} to ${target}${restored.verified ? '; every file was read again and is right' : ''}.\n`);
  if (failureCount === 0) return;
  io.stderr(`berth: ${failureCount} could not be brought back whole:\n`);
  for (const { item, message } of failures.slice(0, 20)) io.stderr(`  ${printable(item)}: ${printable(message)}\n`);
};
