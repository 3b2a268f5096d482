import { basename } from 'node:path';
import { z } from 'zod';
import { type EngineName, engineNames, type Unit } from './engine.ts';
import { decodeName, dumpTag, type FlatName, isFlatName } from './name.ts';

/** A dump as it lies in the repository. */
export interface StoredDump {
  /** The name of its entry in agent.yaml, as it was called then. */
  readonly entry: string;
  readonly engine: EngineName;
  readonly database: string | null;
  readonly file: FlatName;
  readonly form: Unit['form'];
  /** The whole id of the snapshot, and where in it the dump is: a file at the top, or a folder at its path of then. */
  readonly snapshot: string;
  readonly path: string;
  /** RFC 3339, by the clock of the machine that made it. */
  readonly time: string;
  readonly host: string;
  /** Taken of what a restore was about to replace: never the newest good one. */
  readonly isSafety: boolean;
}

/** What a snapshot says of itself that matters here. */
export interface Tagged {
  readonly id: string;
  readonly time: string;
  readonly hostname: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}

/** The tag, besides a dump's own, of what stood there before a restore replaced it. */
export const safetyTag = `${dumpTag}:before-restore`;

/** The dumps among snapshots, oldest first as they came. What is tagged as one and makes no sense is left out: anybody with the key can tag. */
export const storedDumps = (snapshots: readonly Tagged[]): readonly StoredDump[] =>
  snapshots.flatMap((snapshot) => {
    const stored = storedDump(snapshot);
    return stored === null ? [] : [stored];
  });

const storedDump = ({ id, time, hostname, paths, tags }: Tagged): StoredDump | null => {
  const [path] = paths;
  if (path === undefined || paths.length > 1 || !tags.includes(dumpTag)) return null;
  const file = basename(path);
  // The path is joined to a folder of this machine.
  if (!isFlatName(file) || path.split(/[\\/]/).includes('..')) return null;
  const words = tags.flatMap((tag) => (tag.startsWith(`${dumpTag}:`) ? [tag.slice(dumpTag.length + 1)] : []));
  const owner = ownerOf(file, words);
  if (owner === null) return null;
  const databases = words.filter((word) => word.startsWith(`${owner.entry}/`));
  const database = databases.length === 0 ? null : decodeName(databases[0]?.slice(owner.entry.length + 1) ?? '');
  if (databases.length > 0 && database === null) return null;
  const form = path === `/${file}` ? 'stream' : 'folder';
  // An entry may be called so.
  const isSafety = tags.includes(safetyTag) && safetyTag !== `${dumpTag}:${owner.entry}`;
  return { ...owner, database, file, form, snapshot: id, path, time, host: hostname, isSafety };
};

const engineName = z.enum(engineNames);

/** Tags have no order, and an entry may be called as another engine is: only with the file's name is it plain which word is which. */
const ownerOf = (
  file: FlatName,
  words: readonly string[],
): { readonly engine: EngineName; readonly entry: string } | null => {
  const engines = words.flatMap((word) => {
    const engine = engineName.safeParse(word);
    return engine.success ? [engine.data] : [];
  });
  const found = engines
    .flatMap((engine) =>
      words.map((entry) => ({ engine, entry, stem: entry === engine ? engine : `${engine}-${entry}` })),
    )
    .filter(({ entry, stem }) => /^[a-z0-9-]{1,40}$/.test(entry) && file.startsWith(stem))
    .filter(({ stem }) => /^(?:[-.~]|$)/.test(file.slice(stem.length)))
    .toSorted((one, other) => other.stem.length - one.stem.length);
  const [best] = found;
  return best === undefined ? null : { engine: best.engine, entry: best.entry };
};

/** What identifies a unit over the days. */
const unitKey = ({ entry, file }: StoredDump): string => `${entry}\0${file}`;

/** The newest of each unit, in no order; what was taken before a restore does not count. */
export const newestDumps = (dumps: readonly StoredDump[]): readonly StoredDump[] => {
  const newest = new Map<string, StoredDump>();
  for (const dump of dumps) {
    const other = newest.get(unitKey(dump));
    if (!dump.isSafety && (other === undefined || Date.parse(other.time) <= Date.parse(dump.time))) {
      newest.set(unitKey(dump), dump);
    }
  }
  return [...newest.values()];
};

/** The unit an engine is asked to restore. */
export const unitOf = ({ database, file, form }: StoredDump): Unit => ({ database, file, form });

/** What it is called to people: `postgres/shop`, or the entry alone. */
export const dumpName = ({ entry, database }: Pick<StoredDump, 'entry' | 'database'>): string =>
  database === null ? entry : `${entry}/${database}`;
