import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { quoteForRestic } from '../../packages/agent/src/transport/quote.ts';
import { readClock } from '../../packages/server/src/jobs/clock.ts';
import { trustFrom } from '../../packages/server/src/jobs/clock-judge.ts';
import { purgeJob } from '../../packages/server/src/jobs/purge.ts';
import { fetchDebian } from '../../scripts/fetch-debian.ts';
import { repository } from '../../test/helpers/receiver.ts';
import { filesBelow } from '../../test/helpers/store-files.ts';
import { type Conditions, Skipped } from '../experiment.ts';
import { sourceOfSessions } from './session.ts';

/** What came of the real programs under clocks that lie. */
export interface Clients {
  readonly trashed: number;
  readonly jobs: number;
  readonly wrong: readonly string[];
}

const dayMs = 86_400_000;

/** How far the job's clock is off, and whether it then purges, and is guarded. */
const shifts = [
  { faketime: '+0d', purges: false, trusted: true },
  { faketime: '-3650d', purges: false, trusted: false },
  { faketime: '+29d', purges: false, trusted: false },
  { faketime: '+3650d', purges: false, trusted: false },
] as const;

/**
 * A real restic whose clock says 2001 and 2099 backs up and forgets; then the real job program purges under shifted
 * clocks, each time only if the guard, under that same clock, trusts it, as the server and the command do. At last the
 * job runs with a clock that is 31 days on, unguarded, and has to purge everything.
 */
export const forgedClocks = async (folder: string, { say, signal }: Conditions): Promise<Clients> => {
  const preload = await faketimeLibrary();
  const data = join(folder, 'data');
  const source = await sourceOfSessions(data, 'laptop');
  await useRestic(folder, source.command, signal);
  const trash = (): Promise<readonly string[]> => filesBelow(join(source.directory, 'trash'));
  const trashed = (await trash()).length;
  const wrong: string[] = [];
  if (trashed < 5) wrong.push(`restic's forgetting left ${trashed} objects in the trash`);

  const shifted = async (faketime: string, ...words: readonly string[]): Promise<string> => {
    const env = {
      LD_PRELOAD: preload,
      FAKETIME: faketime,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
    const { stdout } = await execa(process.execPath, words, { env, cancelSignal: signal, timeout: 60_000 });
    return stdout;
  };
  const job = join(repository, 'packages/server/src/jobs/main.ts');
  const args = { protectMs: 30 * dayMs, brake: 1, clockSettledAtMs: null, dryRun: false };
  const purge = async (faketime: string): Promise<number> => {
    const words = [job, purgeJob.name, '--source', 'laptop', '--directory', source.directory];
    const answer: unknown = JSON.parse(await shifted(faketime, ...words, '--args', JSON.stringify(args)));
    return purgeJob.result.parse(resultOf(answer)).purged.objects;
  };
  const clock = join(repository, 'packages/server/src/jobs/clock.ts');
  const isTrusted = async (faketime: string): Promise<boolean> => {
    const script = `import { clockOf } from '${clock}'; console.log(clockOf(process.argv[1]).trusted)`;
    return (await shifted(faketime, '--input-type=module', '--eval', script, data)) === 'true';
  };
  await writeFile(join(data, 'clock.json'), JSON.stringify(trustFrom(readClock())));

  for (const { faketime, purges, trusted } of shifts) {
    signal.throwIfAborted();
    const trusts = await isTrusted(faketime);
    if (trusts !== trusted) wrong.push(`${faketime}: the guard ${trusts ? 'trusts' : 'does not trust'} this clock`);
    // By a clock ten years ahead everything is old: the guard is what holds, and asks before the job is started.
    const purged = trusts || faketime !== '+3650d' ? await purge(faketime) : 0;
    if (purged > 0 !== purges) wrong.push(`${faketime}: the job purged ${purged} objects`);
    say(`server clock ${faketime}: ${trusts ? 'trusted' : 'not trusted'}, ${purged} of ${trashed} purged`);
  }
  if ((await trash()).length !== trashed) wrong.push('the trash is not what it was');
  const purged = await purge('+31d');
  if (purged !== trashed) wrong.push(`after its time, ${purged} of ${trashed} were purged`);
  return { trashed, jobs: shifts.length + 1, wrong };
};

/** Backs up at forged times and forgets all of it but one snapshot. */
const useRestic = async (folder: string, session: readonly string[], signal: AbortSignal): Promise<void> => {
  const program = join(folder, 'session');
  const words = session.map((word) => `'${word}'`).join(' ');
  await writeFile(program, `#!/bin/sh\nexport SSH_ORIGINAL_COMMAND="$*"\nexec ${words}\n`, { mode: 0o755 });
  const password = join(folder, 'password');
  await writeFile(password, 'correct horse\n', { mode: 0o600 });
  const always = [
    ...['-o', `rclone.program=${quoteForRestic([program])}`, '-o', 'rclone.args=', '-r', 'rclone:receive'],
    ...['--password-file', password, '--no-cache', '--quiet'],
  ];
  const restic = (...more: readonly string[]) =>
    execa('restic', [...always, ...more], { cancelSignal: signal, cwd: folder, timeout: 120_000 });
  await restic('init');
  const file = join(folder, 'file');
  for (const year of [2001, 2099, 2001, 2099]) {
    await writeFile(file, randomBytes(400_000));
    await restic('backup', '--time', `${year}-01-01 12:00:00`, file);
  }
  await restic('forget', '--keep-last', '1', '--prune');
};

const resultOf = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'result' in answer ? answer.result : null;

/** libfaketime of Debian, which moves the clock of one process and of nothing else. */
const faketimeLibrary = async (): Promise<string> => {
  try {
    const libraries = join(await fetchDebian('libfaketime-bookworm', 'bookworm', ['libfaketime']), 'usr/lib');
    for (const machine of await readdir(libraries)) return join(libraries, machine, 'faketime/libfaketime.so.1');
    throw new Error('the package has no library');
  } catch (cause) {
    throw new Skipped(`libfaketime can not be had: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
};
