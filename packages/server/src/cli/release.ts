import { resolve } from 'node:path';
import type { Command } from 'commander';
import { keyOf } from '../events/condition.ts';
import { recordConditions } from '../events/record.ts';
import { clockOf } from '../jobs/clock.ts';
import { type PurgeAnswer, purgeJob } from '../jobs/purge.ts';
import { notFrozen, releaseJob } from '../jobs/release.ts';
import { startJob } from '../jobs/start.ts';
import { type Shared, say, sayJson } from './command.ts';
import { confirmByTyping } from './confirm.ts';
import { localTime } from './local-time.ts';
import { resticSourceInForce } from './on-source.ts';
import { counted, freezeLines } from './purge-text.ts';
import { settingsOf } from './source-settings.ts';

interface Flags {
  readonly data: string;
  readonly yes?: true;
  readonly json?: true;
}

/** Adds `release`: the admin's word that a mass deletion was meant. */
export const addReleaseCommand = (program: Command, { examples, defaults }: Shared): void => {
  program
    .command('release')
    .description('say that what a source deleted at once was meant: its trash is purged as usual again')
    .argument('<source>', 'whose trash is frozen')
    .option('--yes', 'do not ask')
    .option('--data <dir>', 'the data directory', defaults.data)
    .option('--json', 'for programs')
    .addHelpText('after', examples('berth-server release laptop', 'berth-server release laptop --yes --json'))
    .action((name: string, flags: Flags) => releaseCommand(name, flags, defaults.data));
};

const releaseCommand = async (name: string, flags: Flags, usualData: string): Promise<void> => {
  const dataDir = resolve(flags.data);
  const { source, place } = await resticSourceInForce(dataDir, name);
  const { protectMs, brake } = await settingsOf(dataDir, name);
  const { settledAtMs: clockSettledAtMs } = clockOf(dataDir);
  const look = await startJob(place, source, purgeJob, { protectMs, brake, clockSettledAtMs, dryRun: true });
  const { frozen } = look;
  if (frozen === null) throw notFrozen();

  const data = dataDir === usualData ? '' : ` --data ${dataDir}`;
  if (!flags.json) say(`${[...freezeLines(frozen, name, data), '', ...consequences(look)].join('\n')}\n`);
  if (flags.yes !== true) {
    await confirmByTyping(
      '\nType the name of the source to release it: ',
      name,
      `berth-server release ${name}${data} --yes`,
    );
  }
  const released = await startJob(place, source, releaseJob, { brake, shown: frozen.to.seq });
  if (flags.json) sayJson({ source: name, released, due: look.due, waiting: look.waiting });
  else say(`\nReleased: what ${name} deleted goes when its protection ends.\n`);
  const key = keyOf({ code: 'mass-delete', source: name, subject: null });
  await recordConditions(dataDir, [{ resolve: key }], Date.now());
};

const consequences = ({ due, waiting }: PurgeAnswer): readonly string[] => [
  `released   ${counted(due)} of its trash ${due.objects === 1 ? 'is' : 'are'} past protection and removed for good by the next purge`,
  `           ${counted(waiting)} ${waiting.oldestDueAt === null ? 'stay' : `stay, the first until ${localTime(Date.parse(waiting.oldestDueAt))}`}`,
];
