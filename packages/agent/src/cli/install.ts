import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { noTimer, planOf, systemOf } from '../install/choose.ts';
import { realEffects } from '../install/effects.ts';
import { type Exposed, exposed, lookHere } from '../install/exposed.ts';
import { install, type Step } from '../install/install.ts';
import { placeHere } from '../install/place.ts';
import type { Place, Plan } from '../install/plan.ts';
import { type System, systems } from '../install/program.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { usageProblem } from './problems.ts';
import { printable } from './words.ts';

interface Options extends CommonOptions {
  readonly dryRun?: boolean;
  readonly system?: System;
}

/** `berth install`: lets the operating system wake `berth run --if-due`. `install/` does it; this shows it. */
export const installCommand = (io: Io): Command =>
  new Command('install')
    .summary('let the operating system run backups when they are due')
    .description(
      'Makes the operating system call "berth run --if-due" every 15 minutes: with systemd a service and a timer, on macOS a job of\nlaunchd, on Windows a task. As root for the whole machine, else for this user. Can be run again at any time, and should be when\nberth or Node has moved. "berth uninstall" takes it back.',
    )
    .option('--dry-run', 'show the files and commands; do nothing')
    .addOption(new Option('--system <system>', "with --dry-run: another system's").choices(systems))
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON object on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  berth install\n  sudo berth install --dry-run\n  berth install --dry-run --system launchd',
    )
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const place = await placeHere({ env: io.env, uid: io.uid, home, named: options.home });
      const plan = planFor(options, place);
      const { node, script } = place.program;
      const open =
        place.uid === 0 && process.platform !== 'win32'
          ? await exposed([node, script, home.config], await lookHere())
          : [];
      if (options.dryRun) {
        if (options.json) writeJson(io, { ...planJson(plan), exposed: open });
        else io.stdout(planText(plan) + exposedText(open));
        return;
      }
      // A timer that wakes what was never enrolled would only make noise.
      await configFrom(home);
      const changed = await install(plan, realEffects, (step) => io.stderr(stepText(step)));
      if (options.json) writeJson(io, { installed: true, changed, ...planJson(plan), exposed: open });
      else io.stdout(doneText(plan, changed, place) + exposedText(open));
    });

const systemHere = (): System | null => systemOf(process.platform, existsSync('/run/systemd/system'));

/** The plan that `berth uninstall` undoes. Where nothing wakes programs there may still be files of a systemd that ran once. */
export const planToUndo = (place: Place): Plan => planOf(systemHere() ?? 'systemd', place);

/** The plan for this machine, or with --dry-run for the system that was asked for. Throws where there is nothing to install to. */
const planFor = (options: Options, place: Place): Plan => {
  const here = systemHere();
  const system = options.system ?? here;
  if (system === null) throw noTimer(place);
  if (system !== here && options.dryRun !== true) {
    throw usageProblem(
      `This machine has no ${system}.`,
      'With --dry-run the files of another system are shown; install them on that one.',
    );
  }
  return planOf(system, place);
};

const planJson = ({ system, scope, name, files, enable, notes }: Plan) => ({
  ...{ system, scope, name },
  files: files.map(({ path, content }) => ({ path, content })),
  commands: enable.map(({ argv }) => argv),
  notes,
});

const planText = ({ system, scope, name, files, enable, notes }: Plan): string =>
  [
    `Would install ${name} with ${system} for ${scope === 'system' ? 'the whole machine' : 'this user'}:\n`,
    ...files.map(({ path, content }) => `\nwrite ${printable(path)}\n${content.replace(/^(?=.)/gm, '    ')}`),
    '\n',
    ...enable.map(({ argv }) => `run   ${printable(argv.join(' '))}\n`),
    ...notes.map((note) => `      ${printable(note)}\n`),
  ].join('');

/** One step, as a line. */
export const stepText = (step: Step): string =>
  `${step.type.padEnd(7)} ${printable(step.type === 'run' ? step.argv.join(' ') : step.path)}\n`;

const doneText = ({ notes }: Plan, changed: boolean, { program, uid }: Place): string => {
  const out = program.leftOut.join(', ');
  const who = uid === 0 ? 'root' : 'you and root';
  return [
    `${changed ? 'Installed' : 'It was installed already, and is as it should be'}: every 15 minutes berth looks whether a backup is due.\n`,
    ...notes.map((note) => `  ${printable(note)}\n`),
    ...(out === ''
      ? []
      : [`  The restic or ssh in ${printable(out)} will not be used: others than ${who} may put programs there.\n`]),
  ].join('');
};

/** What root runs every 15 minutes, and others may change. */
export const exposedText = (open: readonly Exposed[]): string =>
  open
    .map(
      ({ path, to }) =>
        `  WARNING: ${to} could run anything as root with it: ${printable(path)} is not root's alone. Keep Node, berth and its home where only root may write, such as /opt and /etc/berth, and run "berth install" again.\n`,
    )
    .join('');
