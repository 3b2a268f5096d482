import { Problem } from '@berth/common/problem.ts';
import { didYouMean } from '@berth/common/yaml/suggest.ts';
import { encodeName } from '../databases/name.ts';
import { dumpName, newestDumps, type StoredDump } from '../databases/stored.ts';

/** The dumps that a person meant, in the order in which they are restored. */
export interface Chosen {
  readonly dumps: readonly StoredDump[];
  /** Of the same entry, but not dumped for a day when the others were: probably gone from the engine. */
  readonly leftOut: readonly StoredDump[];
}

const dayMs = 86_400_000;

/**
 * Finds what `NAME` or `NAME/DATABASE` means among the dumps of a repository: the newest of each, or a certain snapshot (an id or how it begins;
 * null: the newest). Throws 'no-dump' where there are none, 'unknown-dump' with what was probably meant, 'ambiguous-snapshot'.
 */
export const chooseDumps = (all: readonly StoredDump[], name: string, snapshot: string | null): Chosen => {
  const slash = name.indexOf('/');
  const entry = slash < 0 ? name : name.slice(0, slash);
  const database = slash < 0 ? null : name.slice(slash + 1);
  const ofEntry = all.filter((dump) => dump.entry === entry);
  if (ofEntry.length === 0) throw unknownEntry(all, entry);
  const ofName = database === null ? ofEntry : ofEntry.filter((dump) => isNamed(dump, database));
  if (ofName.length === 0) throw unknownDatabase(ofEntry, entry, database ?? '');
  if (snapshot !== null) return { dumps: [bySnapshot(all, ofName, name, snapshot)], leftOut: [] };
  const newest = newestDumps(ofName);
  const last = Math.max(...newest.map(({ time }) => Date.parse(time)));
  const isOld = ({ time }: StoredDump): boolean => last - Date.parse(time) > dayMs;
  return {
    dumps: inOrder(newest.filter((dump) => !isOld(dump))),
    leftOut: inOrder(newest.filter(isOld)),
  };
};

/** People type a name as the engine knows it, or copy it from a tag. */
const isNamed = ({ database }: StoredDump, typed: string): boolean =>
  database !== null && (database === typed || encodeName(database) === typed);

/** What belongs to all of an engine's databases comes first: roles have to be there before what they own. Then as they were dumped. */
const inOrder = (dumps: readonly StoredDump[]): readonly StoredDump[] =>
  dumps.toSorted((one, other) => rank(one) - rank(other) || Date.parse(one.time) - Date.parse(other.time));

const rank = ({ engine, database }: StoredDump): number =>
  database === null && (engine === 'postgres' || engine === 'mariadb' || engine === 'mysql') ? 0 : 1;

const bySnapshot = (
  all: readonly StoredDump[],
  ofName: readonly StoredDump[],
  name: string,
  snapshot: string,
): StoredDump => {
  const [found, second] = ofName.filter((dump) => dump.snapshot.startsWith(snapshot));
  if (found !== undefined && second === undefined) return found;
  if (found !== undefined) {
    throw new Problem(
      'ambiguous-snapshot',
      `Several snapshots begin with ${snapshot}.`,
      'Write more of it: berth snapshots --tag db',
    );
  }
  const other = all.find((dump) => dump.snapshot.startsWith(snapshot));
  throw new Problem(
    'unknown-dump',
    other === undefined
      ? `There is no dump in a snapshot ${snapshot}.`
      : `The snapshot ${snapshot} is a dump of ${dumpName(other)}, not of ${name}.`,
    other === undefined
      ? 'Look for it: berth snapshots --tag db. Files come back by: berth restore'
      : `Write: berth restore-db ${dumpName(other)} …`,
  );
};

const unknownEntry = (all: readonly StoredDump[], entry: string): Problem => {
  const names = [...new Set(all.map((dump) => dump.entry))].toSorted();
  if (names.length === 0) {
    return new Problem(
      'no-dump',
      'There is no dump of a database in the repository.',
      'Say in agent.yaml which to dump (berth databases proposes some), then: berth backup',
    );
  }
  return new Problem('unknown-dump', `There is no dump of ${JSON.stringify(entry)}.`, meant(entry, names));
};

const unknownDatabase = (ofEntry: readonly StoredDump[], entry: string, database: string): Problem => {
  const names = [...new Set(ofEntry.map((dump) => dump.database))].filter((name) => name !== null).toSorted();
  const happened = `There is no dump of ${JSON.stringify(database)} from ${entry}.`;
  if (names.length === 0) return new Problem('unknown-dump', happened, `Its dump is one: berth restore-db ${entry} …`);
  return new Problem('unknown-dump', happened, meant(database, names));
};

const meant = (written: string, names: readonly string[]): string => {
  const near = didYouMean(written, names);
  const shown = names.slice(0, 20).map((name) => (/^[\w.-]+$/.test(name) ? name : JSON.stringify(name)));
  const more = names.length > shown.length ? `, and ${names.length - shown.length} more` : '';
  return `${near === null ? '' : `Did you mean ${near}? `}There are: ${shown.join(', ')}${more}.`;
};
