import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { snapshotPrefix } from '../recover/noted.ts';
import type { Things } from '../recover/things.ts';
import { type Exec, lastWords } from '../services/exec.ts';
import { isBelow, mountsOf } from './mounts.ts';
import { namespacePrefix } from './namespace.ts';
import { type PathPlan, planPath } from './plan.ts';
import { removeSnapshot } from './remove.ts';
import type { Taken, TakeSnapshots } from './snapshots.ts';
import type { Place, Planned, SnapshotThing } from './source.ts';

/** What taking snapshots takes from the world. */
export interface TakeWorld {
  readonly things: Things;
  readonly exec: Exec;
  readonly uid: number;
  /** restic stays on the file system it begins on: what is bound live below a snapshot would be another one, and left out. */
  readonly oneFileSystem: boolean;
  /** `snapshot-noted`, `snapshot-taken`: moments at which tests kill. */
  readonly at?: ((point: 'snapshot-noted' | 'snapshot-taken') => void | Promise<void>) | undefined;
}

/** Where the namespace is put together: no snapshot ever covers /run. */
const runFolder = '/run';
const removeWithinMs = 120_000;

interface Live {
  readonly path: string;
  readonly why: string;
}

/** The real one. Only Linux and root can; everyone else's paths are all live, with the reason. */
export const takeSnapshotsBy =
  (world: TakeWorld): TakeSnapshots =>
  async (paths, keepLive, signal) => {
    const why = process.platform !== 'linux' ? 'only Linux can' : world.uid === 0 ? null : 'only root can';
    if (why !== null) return allLive(paths, why);
    const suffix = `${snapshotPrefix}${randomBytes(4).toString('hex')}`;
    const mounts = mountsOf(await readFile('/proc/self/mountinfo', 'utf8'));
    const own = await Promise.all([...keepLive, tmpdir()].map((folder) => realpath(folder).catch(() => null)));
    const ownFolders = [...new Set(own.flatMap((folder) => folder ?? []))];
    const live: Live[] = [];
    const plans: PathPlan[] = [];
    for (const path of paths) {
      stopIf(signal);
      try {
        const plan = await planPath(path, { exec: world.exec, suffix, mounts, signal });
        refuseOwn(plan, ownFolders);
        refuseOneFileSystem(plan, ownFolders, world.oneFileSystem);
        if (plan.snapshots.length > 0) plans.push(plan);
        else
          live.push({ path, why: plan.places.find((place) => place.why !== null)?.why ?? 'nothing there can be kept' });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        live.push({ path, why: error.message });
      }
    }
    stopIf(signal);
    return plans.length === 0 ? allLiveBut([], live) : take(plans, live, { world, ownFolders, suffix, signal });
  };

interface Under {
  readonly world: TakeWorld;
  readonly ownFolders: readonly string[];
  readonly suffix: string;
  readonly signal: AbortSignal;
}

const take = async (plans: readonly PathPlan[], unkept: readonly Live[], under: Under): Promise<Taken> => {
  const { world, suffix, signal } = under;
  await using stack = new AsyncDisposableStack();
  const failed = new Map<string, string>();
  for (const planned of new Map(
    plans.flatMap(({ snapshots }) => snapshots.map((one) => [one.thing.name, one])),
  ).values()) {
    stopIf(signal);
    const problem = await takeOne(planned, stack, world, signal);
    if (problem !== null) failed.set(planned.thing.name, problem.message);
  }
  stopIf(signal);
  const kept = plans.map((plan) => ({ ...plan, places: plan.places.map((place) => unlessFailed(place, failed)) }));
  const places = placesOf(kept, under.ownFolders);
  if (!places.some(({ snapshot }) => snapshot !== null)) {
    return allLiveBut([], [...unkept, ...kept.flatMap(liveOf)]);
  }
  const prefix = namespacePrefix(places, await keepFolder(suffix, stack, world));
  const [program = '', ...args] = prefix;
  const tried = await world.exec([program, ...args, 'true'], signal);
  stopIf(signal);
  // In a container without the right to mount, and where a place is not what it was a moment ago.
  if (tried.code !== 0) {
    const why = `it cannot be mounted: ${lastWords(tried)}`;
    return allLiveBut([], [...unkept, ...plans.map(({ path }) => ({ path, why }))]);
  }
  const live = [...unkept, ...kept.flatMap(liveOf)];
  const isLive = new Set(live.map(({ path }) => path));
  const moved = stack.move();
  return {
    ...{ covered: kept.flatMap(({ path }) => (isLive.has(path) ? [] : [path])), live, prefix },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
};

/** Null when it stands; else why not, with nothing of it left. */
const takeOne = async (
  { thing, take: make }: Planned,
  stack: AsyncDisposableStack,
  world: TakeWorld,
  signal: AbortSignal,
): Promise<Problem | null> => {
  const note = await world.things.note(thing);
  await world.at?.('snapshot-noted');
  stack.defer(() => drop(thing, note, world));
  try {
    await make(signal);
    await world.at?.('snapshot-taken');
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
};

/** What can't be removed now stays noted: the next recover tries again, and says so. */
const drop = async (
  thing: SnapshotThing,
  note: { readonly done: () => Promise<void> },
  world: TakeWorld,
): Promise<void> => {
  try {
    await removeSnapshot(thing, world.exec, AbortSignal.timeout(removeWithinMs));
  } catch (error) {
    if (error instanceof Problem) return;
    throw error;
  }
  await note.done();
};

const keepFolder = async (suffix: string, stack: AsyncDisposableStack, world: TakeWorld): Promise<string> => {
  const path = join(runFolder, suffix);
  const note = await world.things.note({ kind: 'folder', path });
  await mkdir(path, { mode: 0o700 });
  stack.defer(async () => {
    await rmdir(path).catch(() => undefined);
    await note.done();
  });
  return path;
};

/** Every place once, and berth's own folders live where a place would hide them. */
const placesOf = (plans: readonly PathPlan[], ownFolders: readonly string[]): readonly Place[] => {
  const byTarget = new Map(plans.flatMap(({ places }) => places.map((place) => [place.target, place])));
  for (const folder of ownFolders) {
    if (![...byTarget.values()].some(({ target }) => target === folder || isBelow(folder, target))) continue;
    for (const target of byTarget.keys()) if (isBelow(target, folder)) byTarget.delete(target);
    byTarget.set(folder, { target: folder, from: { kind: 'bind', path: folder }, snapshot: null, why: null });
  }
  // What is live and has nothing above it stands where it is.
  return [...byTarget.values()].filter(
    ({ target, snapshot }) => snapshot !== null || [...byTarget.keys()].some((other) => isBelow(target, other)),
  );
};

const unlessFailed = (place: Place, failed: ReadonlyMap<string, string>): Place => {
  const why = place.snapshot === null ? undefined : failed.get(place.snapshot.name);
  return why === undefined ? place : { ...place, from: { kind: 'bind', path: place.target }, snapshot: null, why };
};

const liveOf = ({ path, places }: PathPlan): readonly Live[] => {
  const found = places.find((place) => place.why !== null);
  if (found === undefined) return [];
  return [{ path, why: found.target === path ? `${found.why}` : `${found.target} is live: ${found.why}` }];
};

const refuseOwn = ({ path, places }: PathPlan, ownFolders: readonly string[]): void => {
  if (!ownFolders.some((folder) => places.some(({ target }) => target === folder))) return;
  throw new Problem('snapshot-failed', 'berth itself works in it', `Nothing is wrong with ${path}.`);
};

const refuseOneFileSystem = (
  { path, places }: PathPlan,
  ownFolders: readonly string[],
  oneFileSystem: boolean,
): void => {
  if (!oneFileSystem) return;
  const refuse = (why: string): never => {
    throw new Problem('snapshot-failed', `${why}, and one_file_system would leave it out`, 'Take one_file_system out.');
  };
  if (path === '/') refuse('each folder below / would be a file system of its own');
  const temporary = ownFolders.find(
    (folder) => folder === tmpdir() && places.some(({ target }) => isBelow(folder, target)),
  );
  if (temporary !== undefined) refuse(`${temporary} lies in it`);
};

const allLiveBut = (covered: readonly string[], live: readonly Live[]): Taken => ({
  ...{ covered, live, prefix: [] },
  [Symbol.asyncDispose]: async () => undefined,
});

const allLive = (paths: readonly string[], why: string): Taken =>
  allLiveBut(
    [],
    paths.map((path) => ({ path, why })),
  );

const stopIf = (signal: AbortSignal): void => {
  if (signal.aborted) throw cancelled();
};
