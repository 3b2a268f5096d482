import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { type Placed, readJournal } from '../../packages/server/src/store/journal-read.ts';
import { beginning } from '../../packages/server/src/store/seq.ts';
import { eventually } from '../../test/helpers/receiver.ts';
import type { ResticOnSessions } from './restic-on-sessions.ts';
import type { SourceOfSessions } from './session.ts';

/** What made a journal. */
export interface Busy {
  readonly placed: readonly Placed[];
  readonly backups: number;
  readonly killed: number;
  readonly prunes: number;
}

interface Stage {
  readonly folder: string;
  readonly source: SourceOfSessions;
  readonly restic: ResticOnSessions;
  readonly random: (below: number) => number;
  readonly say: (line: string) => void;
}

/** So many snapshots a prune leaves. */
const kept = 10;

/**
 * Works a new repository until its journal has `events` records: backups, two at a time, some of them killed on the way,
 * snapshots written anew with other tags, forgets and prunes.
 */
export const workRepository = async (stage: Stage, events: number): Promise<Busy> => {
  const { folder, source, restic, random, say } = stage;
  const run = async (...words: readonly string[]): Promise<void> => {
    const { exitCode, all } = await restic(null, words);
    if (exitCode !== 0) throw new Error(`restic ${words[0]} ended with ${exitCode}: ${all}`);
  };
  /** What a command's end leaves to be done, its lock among it, is not of the next one. */
  const settle = (after: string): Promise<unknown> =>
    eventually('the sessions have ended', 30_000, () => noSessions(source)).catch(async (cause: unknown) => {
      throw new Error(`after ${after}, of sessions there is still: ${await sessionsLeft(source)}`, { cause });
    });
  const must = async (...words: readonly string[]): Promise<void> => {
    await run(...words);
    await settle(`restic ${words[0]}`);
  };
  await must('init');
  let [backups, killed, prunes] = [0, 0, 0];
  for (let round = 1; ; round += 1) {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')];
    for (const files of [one, other]) await change(files, random);
    // Waited for once: the first to end would else wait for the other's whole backup.
    await Promise.all([run('backup', one), run('backup', other)]);
    await settle('two backups');
    backups += 2;
    if (round % 3 === 0) {
      await change(one, random);
      await restic(null, ['backup', one], { timeout: 1000 + random(3000), killSignal: 'SIGKILL' });
      await eventually('the killed one’s session has ended', 30_000, () => noSessions(source));
      killed += 1;
    }
    for (const word of ['tag', 'again']) await must('tag', '--set', `${word}-${round}`);
    if (round % 4 === 0) {
      await must('forget', '--group-by', '', '--keep-last', String(kept), '--prune', '--max-unused', '0');
      prunes += 1;
    }
    const placed = await journalOf(source);
    say(`${placed.length} records: ${backups} backups, ${killed} killed, ${prunes} prunes`);
    if (placed.length >= events && prunes > 0) return { placed, backups, killed, prunes };
  }
};

const noSessions = async ({ directory }: SourceOfSessions): Promise<boolean> =>
  (await readdir(join(directory, 'incoming'))).length === 0;

/** The folders of sessions that have not ended, what is in them, and whether their processes live. */
const sessionsLeft = async ({ directory }: SourceOfSessions): Promise<string> => {
  const incoming = join(directory, 'incoming');
  const each = (await readdir(incoming)).map(async (pid) => {
    const files = await readdir(join(incoming, pid)).catch(() => []);
    const state = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => 'dead');
    return `${pid} (${state.split(' ', 3).join(' ')}): ${files.join(', ')}`;
  });
  return (await Promise.all(each)).join('; ');
};

/** Some files anew, some as they are. */
const change = async (files: string, random: (below: number) => number): Promise<void> => {
  await mkdir(files, { recursive: true });
  for (let count = 0; count < 3; count += 1) {
    await writeFile(join(files, `file ${random(10)}`), randomBytes(1000 + random(200_000)));
  }
};

const journalOf = async ({ directory }: SourceOfSessions): Promise<readonly Placed[]> => {
  const placed: Placed[] = [];
  const visit = (each: Placed): void => void placed.push(each);
  await readJournal({ disk: nodeDisk, folder: join(directory, 'journal'), from: beginning, visit });
  return placed;
};
