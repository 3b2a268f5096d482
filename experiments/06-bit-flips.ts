import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { nodeDisk } from '../packages/server/src/store/disk.ts';
import { unpaced } from '../packages/server/src/store/scrub/pace.ts';
import { type ScrubResult, scrub } from '../packages/server/src/store/scrub/scrub.ts';
import { isProcessAlive } from '../packages/server/src/store/sessions.ts';
import { seededRandom } from '../test/helpers/random.ts';
import type { Experiment } from './experiment.ts';
import { livedInSource } from './support/lived-in-source.ts';
import { scratch } from './support/scratch.ts';

/** Of each of these folders one file is damaged in a round. */
const kinds = ['repo', 'trash'].flatMap((top) =>
  ['config', 'keys', 'snapshots', 'index', 'locks', 'data'].map((type) => `${top}/${type}`),
);

/**
 * One bit anywhere in one object of each type, live and in the trash, of a repository that a real restic made: each
 * object is named by the next scrub, and no other.
 */
export const bitFlipsExperiment: Experiment = {
  id: 6,
  name: 'a flipped bit in each type of object',
  run: async ({ full, say, signal, seed }) => {
    const random = seededRandom(seed);
    const rounds = full ? 200 : 3;
    await using folder = await scratch('memory');
    const source = await livedInSource(folder.path, signal);
    const objects = await objectsOf(source);
    const wrong: string[] = [];
    for (const { id } of (await scrubAll(source, signal)).bad) wrong.push(`${id.type}/${id.name} was good`);

    let flips = 0;
    let found = 0;
    let returned = 0;
    for (let round = 1; round <= rounds; round += 1) {
      signal.throwIfAborted();
      const copy = join(folder.path, 'copy');
      await cp(source, copy, { recursive: true });
      const damaged = new Map<string, string>();
      // Every other time the config in the trash stays whole, and can take the damaged one's place.
      const chosen = kinds.filter((kind) => kind !== 'trash/config' || round % 2 === 0);
      for (const kind of chosen) {
        const files = objects.get(kind) ?? [];
        const file = files[random(Math.max(1, files.length))];
        if (file === undefined) throw new Error(`the repository has nothing in ${kind}`);
        damaged.set(nameOf(file), `${file}, bit ${await flipBit(join(copy, file), random)}`);
      }
      const { bad } = await scrubAll(copy, signal);
      // A lock may have gone to the trash since, and the bits of both copies of one object may have been turned.
      const named = new Set(bad.map(({ id }) => `${id.type}/${id.name}`));
      for (const [name, what] of damaged) if (!named.has(name)) wrong.push(`${what} was not found`);
      for (const name of named) if (!damaged.has(name)) wrong.push(`${name} was good`);
      for (const { id, quarantined } of bad) if (!quarantined) wrong.push(`${id.type}/${id.name} was left`);
      flips += chosen.length;
      found += bad.length;
      returned += bad.filter(({ restoredFromTrash }) => restoredFromTrash).length;
      for (const { id } of (await scrubAll(copy, signal)).bad)
        wrong.push(`${id.type}/${id.name} was bad a second time`);
      await rm(copy, { recursive: true });
      if (round % 20 === 0) say(`${round} rounds, ${found} of ${flips} found`);
    }
    for (const words of wrong.slice(0, 20)) say(words);
    return {
      many: `${flips} bits in ${rounds} rounds of all ${kinds.length} kinds`,
      lost: `${flips - found} not found`,
      figure: `${found} of ${flips} named and in quarantine, ${returned} replaced from the trash at once; nothing good accused`,
      held: wrong.length === 0 && found === flips,
    };
  },
};

const scrubAll = (directory: string, signal: AbortSignal): Promise<ScrubResult> =>
  scrub({
    open: { directory, disk: nodeDisk, now: () => new Date(), pid: process.pid, isAlive: isProcessAlive },
    scrubMs: 86_400_000,
    all: true,
    pace: unpaced,
    sleep: () => Promise.reject(new Error('nobody is to be waited for')),
    signal,
    onProgress: () => undefined,
  });

/** The files of a source by `kinds`, each by its path from there. */
const objectsOf = async (source: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const objects = new Map<string, string[]>();
  for (const top of ['repo', 'trash']) {
    for (const entry of await readdir(join(source, top), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = relative(source, join(entry.parentPath, entry.name));
      const kind = path.split('/').slice(0, 2).join('/');
      objects.set(kind, [...(objects.get(kind) ?? []), path]);
    }
  }
  return objects;
};

/** Type and name of an object, from the path of its file. */
const nameOf = (file: string): string => `${file.split('/')[1]}/${basename(file).split('.')[0]}`;

/** Turns one bit of a file, and answers with which. */
const flipBit = async (path: string, random: (below: number) => number): Promise<number> => {
  const bytes = await readFile(path);
  const bit = random(bytes.length * 8);
  const at = bit >>> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  await writeFile(path, bytes);
  return bit;
};
