import { Command } from 'commander';
import { realEffects } from '../install/effects.ts';
import { placeHere } from '../install/place.ts';
import { installed, uninstall } from '../install/uninstall.ts';
import { planToUndo, stepText } from './install.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { printable } from './words.ts';

interface Options extends CommonOptions {
  readonly dryRun?: boolean;
}

/** `berth uninstall`: takes back what `berth install` did, and nothing else. */
export const uninstallCommand = (io: Io): Command =>
  new Command('uninstall')
    .summary('take back what "berth install" did')
    .description(
      'Removes the timer, and nothing else: agent.yaml, the key, the password and the reports stay, and so does every snapshot.\nA backup that goes on is left to end by itself; on macOS launchd stops it. Where nothing is installed it says so, with\nexit code 0.',
    )
    .option('--dry-run', 'show what would be removed; do nothing')
    .option('--home <dir>', 'the home DIR that "berth install --home" was given')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nExamples:\n  berth uninstall\n  sudo berth uninstall\n  berth uninstall --home /srv/berth')
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const plan = planToUndo(await placeHere({ env: io.env, uid: io.uid, home, named: options.home }));
      const removed = options.dryRun
        ? await installed(plan, realEffects)
        : await uninstall(plan, realEffects, (step) => io.stderr(stepText(step)));
      if (options.json) {
        writeJson(io, {
          name: plan.name,
          removed,
          dryRun: options.dryRun === true,
          kept: [home.directory, home.state],
        });
        return;
      }
      if (removed.length === 0) {
        const other = options.home === undefined ? ' One that was given a --home is removed with the same --home.' : '';
        io.stdout(
          `Nothing is installed as ${plan.name} for ${plan.scope === 'system' ? 'the machine' : 'this user'}.${other}\n`,
        );
      } else if (options.dryRun) {
        io.stdout(removed.map((path) => `Would remove ${printable(path)}\n`).join(''));
      } else {
        io.stdout(
          `berth is no longer woken. What it keeps is still there: ${printable(home.directory)} and ${printable(home.state)}.\n`,
        );
      }
    });
