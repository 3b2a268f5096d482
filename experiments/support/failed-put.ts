import { join } from 'node:path';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { readJournal } from '../../packages/server/src/store/journal-read.ts';
import { config, type ObjectId } from '../../packages/server/src/store/object.ts';
import type { Store } from '../../packages/server/src/store/open.ts';
import { fold, keyOf } from '../../packages/server/src/store/past/fold.ts';
import { beginning } from '../../packages/server/src/store/seq.ts';
import { bodyOf, contentOf, objectOf, sourceDirectory, testStore } from '../../packages/server/src/store/testing.ts';
import { partialObjects } from '../../test/helpers/store-files.ts';
import { type Fault, failingDisk } from './failing-disk.ts';
import { pageCache } from './page-cache.ts';

/** An object to store. */
export interface Parcel {
  readonly id: ObjectId;
  readonly bytes: Buffer;
}

/** A store in some state, and what is put into it at once while its disk fails. */
export interface Scene {
  readonly name: string;
  readonly before: (store: Store) => Promise<void>;
  /** What the state holds already. */
  readonly held: readonly Parcel[];
  readonly parcels: readonly Parcel[];
}

/** What became of a scene. */
export interface Aftermath {
  /** The calls that its puts made, before anything was tried again. */
  readonly calls: readonly string[];
  /** How many puts were answered with success. */
  readonly acknowledged: number;
  /** Everything that was not as it must be, in words; empty when all was. */
  readonly wrong: readonly string[];
}

const send = (store: Store, { id, bytes }: Parcel): Promise<boolean> =>
  store.put(id, bodyOf(bytes, 300_000), bytes.length).then(
    ({ kind }) => kind === 'stored' || kind === 'already',
    () => false,
  );

/**
 * Plays `scene` with this fault, tries each put once more in the same session and another one besides, cuts the power,
 * and looks at what is there: everything acknowledged is whole and in the journal, nothing is partial, and a new
 * session takes what was refused.
 */
export const playScene = async (parent: string, scene: Scene, fault: Fault | null): Promise<Aftermath> => {
  await using source = await sourceDirectory(parent);
  const { directory } = source;
  const cache = pageCache(directory);
  const failing = failingDisk(cache);
  const store = await testStore(directory, { disk: failing.disk });
  await scene.before(store);

  failing.arm(fault);
  const answers = await Promise.all(scene.parcels.map((parcel) => send(store, parcel)));
  const calls = [...failing.calls()];
  const again: boolean[] = [];
  for (const parcel of scene.parcels) again.push(await send(store, parcel));
  const other = objectOf('something else of the same session', 'index');
  const otherAnswer = await send(store, other);
  failing.die();
  await store.close().catch(() => undefined);
  await cache.cut();

  const acknowledged = [
    ...scene.held,
    ...scene.parcels.filter((_, index) => answers[index] === true || again[index] === true),
    ...(otherAnswer ? [other] : []),
  ];
  const wrong = [
    ...(await lookInto(directory, acknowledged)),
    ...(await tryAnew(directory, [...scene.parcels, other], acknowledged)),
  ];
  return { calls, acknowledged: acknowledged.length, wrong };
};

/** What is wrong on the disk, before any program of ours has touched it. */
const lookInto = async (directory: string, acknowledged: readonly Parcel[]): Promise<readonly string[]> => {
  const journaled = fold();
  const folder = join(directory, 'journal');
  await readJournal({ disk: nodeDisk, folder, from: beginning, visit: journaled.add });
  const partial = await partialObjects(join(directory, 'repo'));
  return [
    ...partial.map((file) => `${file} is not whole`),
    ...acknowledged.filter(({ id }) => !journaled.live.has(keyOf(id))).map(({ id }) => `no record of ${keyOf(id)}`),
  ];
};

/** What a new session on a sound disk finds wrong. */
const tryAnew = async (
  directory: string,
  all: readonly Parcel[],
  acknowledged: readonly Parcel[],
): Promise<readonly string[]> => {
  const wrong: string[] = [];
  await using store = await testStore(directory, { pid: 1002 });
  const isLost = async ({ id, bytes }: Parcel) => (await contentOf(store, id)) !== bytes.toString();
  for (const parcel of acknowledged) if (await isLost(parcel)) wrong.push(`lost ${keyOf(parcel.id)}`);
  for (const parcel of all) {
    if (!(await send(store, parcel))) wrong.push(`${keyOf(parcel.id)} is refused by the next session`);
    else if (await isLost(parcel)) wrong.push(`${keyOf(parcel.id)} was taken by the next session and is not there`);
  }
  return wrong;
};

const text = (name: string): Parcel => objectOf(`${name} `.repeat(40));
const some = (count: number, name: string): readonly Parcel[] =>
  Array.from({ length: count }, (_, index) => text(`${name} ${index}`));

const store = (parcels: readonly Parcel[]) => async (into: Store) => {
  for (const parcel of parcels) if (!(await send(into, parcel))) throw new Error('the scene could not be set');
};

const first = text('the first');
const second = text('the second');
const configParcel: Parcel = { id: config, bytes: Buffer.from('the configuration') };
const nothing = async (): Promise<void> => undefined;

/** The states in which a put can find a store. */
export const scenes: readonly Scene[] = [
  { name: 'the first put of a source', before: nothing, held: [], parcels: [second] },
  { name: 'a later one', before: store([first]), held: [first], parcels: [second] },
  { name: 'one of several parts', before: store([first]), held: [first], parcels: [objectOf('x'.repeat(1_200_000))] },
  { name: 'one that is there already', before: store([first]), held: [first], parcels: [first] },
  {
    name: 'one that was deleted',
    before: async (into) => {
      await store([first, second])(into);
      await into.trash(second.id);
    },
    held: [first],
    parcels: [second],
  },
  { name: 'the configuration', before: store([first]), held: [first], parcels: [configParcel] },
  { name: 'four at once', before: store([first]), held: [first], parcels: some(4, 'one of four') },
  { name: 'the same twice at once', before: store([first]), held: [first], parcels: [second, second] },
];
