import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { isChange } from '../packages/server/src/store/record.ts';
import { seededRandom } from '../test/helpers/random.ts';
import { type Experiment, Skipped } from './experiment.ts';
import { type Busy, workRepository } from './support/busy-journal.ts';
import { type ResticOnSessions, resticOnSessions } from './support/restic-on-sessions.ts';
import { scratch } from './support/scratch.ts';
import { type SourceOfSessions, sourceOfSessions } from './support/session.ts';
import { sideBySide } from './support/side-by-side.ts';

/** Checks at a time: restic waits for the session, and the session for restic. */
const lanes = 3;

/**
 * A real repository is worked, and then everything in it is deleted. What it was before each record of its journal, also
 * amid a backup or a prune, passes `restic check --read-data` as seen by `receive --as-of`.
 */
export const prefixesExperiment: Experiment = {
  id: 5,
  name: 'every prefix of a journal, as of then',
  run: async ({ full, say, signal, seed }) => {
    if ((await execa('restic', ['version'], { reject: false })).failed) throw new Skipped('there is no restic');
    const random = seededRandom(seed);
    const events = full ? 1000 : 300;
    await using folder = await scratch('memory');
    const source = await sourceOfSessions(join(folder.path, 'data'), 'laptop');
    const restic = await resticOnSessions(folder.path, source, signal);
    const busy = await workRepository({ folder: folder.path, source, restic, random, say }, events);
    await deleteAll(source);

    const all = busy.placed.map((_, index) => index);
    const chosen = full ? all : Array.from({ length: 8 }, () => random(all.length));
    const wrong: string[] = [];
    let checked = 0;
    await sideBySide(chosen, lanes, async (index) => {
      const found = await judge(restic, busy, index);
      if (found !== null) {
        wrong.push(found);
        say(found);
      }
      checked += 1;
      if (checked % 50 === 0) say(`${checked} of ${chosen.length} checked, ${wrong.length} wrong`);
    });
    const noticed = await noticesTheft(restic, source, busy);
    say(`with a pack taken out of the trash, the check ${noticed ? 'fails' : 'PASSES'}`);
    const { backups, killed, prunes } = busy;
    return {
      many: `${checked} prefixes of ${all.length} records: ${backups} backups, ${killed} killed ones, ${prunes} prunes`,
      lost: `${wrong.length} wrong`,
      figure: `${checked - wrong.length} pass check --read-data, everything having been deleted since; with one pack taken away it ${noticed ? 'fails' : 'PASSES'}`,
      held: wrong.length === 0 && checked > 0 && all.length >= events && noticed,
    };
  },
};

/** Deletes every object, so that all of the past is in the trash. */
const deleteAll = async (source: SourceOfSessions): Promise<void> => {
  await using client = source.start();
  const names = z.array(z.object({ name: z.string() }));
  for (const type of ['data', 'index', 'snapshots', 'keys', 'locks']) {
    const { body } = await client.request('GET', `/${type}/`);
    for (const { name } of names.parse(JSON.parse(body.toString()))) await client.request('DELETE', `/${type}/${name}`);
  }
  await client.request('DELETE', '/config');
};

/** What is wrong with the repository before the record at `index`, or null. */
const judge = async (restic: ResticOnSessions, { placed }: Busy, index: number): Promise<string | null> => {
  const { exitCode, all } = await restic(String(placed[index]?.seq), ['check', '--read-data']);
  const isThere = placed.slice(0, index).some(({ record }) => isChange(record) && record.id.type === 'config');
  if (!isThere) {
    const isNone = exitCode !== 0 && /had no repository at that moment|begins at/.test(all);
    return isNone ? null : `before record ${index} there was no repository, and restic said: ${all}`;
  }
  const isSound = exitCode === 0 && all.includes('no errors were found') && !all.includes('gone for good');
  return isSound ? null : `before record ${index} (${placed[index]?.line}): ${all}`;
};

/** Takes the largest pack that was live at the end out of the trash, and says whether the check then fails, as it must. */
const noticesTheft = async (restic: ResticOnSessions, source: SourceOfSessions, { placed }: Busy): Promise<boolean> => {
  const last = placed.at(-1)?.seq ?? 0;
  const trash = join(source.directory, 'trash/data');
  const packs = (await readdir(trash)).filter((name) => Number(name.split('.')[1]) > last);
  const sizes = await Promise.all(packs.map(async (name) => ({ name, size: (await stat(join(trash, name))).size })));
  const [largest] = sizes.sort((one, other) => other.size - one.size);
  if (largest === undefined) throw new Error('there was no pack at the end');
  await rm(join(trash, largest.name));
  const { exitCode } = await restic(String(last), ['check', '--read-data']);
  return exitCode !== 0;
};
