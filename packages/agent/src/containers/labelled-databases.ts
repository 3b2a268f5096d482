import { Problem } from '@berth/common/problem.ts';
import { type DatabaseEntry, databaseEntry } from '../databases/entries.ts';
import type { Container } from './containers.ts';
import { readLabels } from './labels.ts';

/** A database that a container's labels ask for: the entry that agent.yaml would have, or why there is none. */
export type LabelledDatabase =
  | { readonly container: string; readonly entry: DatabaseEntry; readonly problem: null }
  | { readonly container: string; readonly entry: null; readonly problem: Problem };

/**
 * What labels may say of a database: nothing that names a file or runs a program of this machine, or whoever may start containers could read and run
 * whatever the agent can. What stands in `inside` is a path, a user or a command line of the container.
 */
const plain: ReadonlySet<string> = new Set([
  ...[
    'name',
    'timeout',
    'user',
    'password_env',
    'database',
    'auth_database',
    'globals',
    'compress',
    'form',
    'by',
    'version',
  ],
]);
const inside: ReadonlySet<string> = new Set([
  'as',
  'file',
  'also',
  'run',
  'restore',
  'min_bytes',
  'end_marker',
  'ending',
]);
const lists: ReadonlySet<string> = new Set(['only', 'except', 'also']);

/**
 * The databases of containers with `berth.database`, one entry each, by the order of their names. What agent.yaml says of the same container, or under the same
 * name, wins: `written` are its entries. A container that compose made is named by project and service, which outlive it.
 */
export const labelledDatabases = (
  all: readonly Container[],
  written: readonly DatabaseEntry[],
): readonly LabelledDatabase[] => {
  const found: LabelledDatabase[] = [];
  const names = new Set(written.map(({ name }) => name));
  const seen = new Set<string>();
  for (const container of all.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const { database, faults } = readLabels(container.labels);
    const ofDatabase = faults.filter((fault) => fault.startsWith('berth.database'));
    if (container.compose?.oneOff || (database === null && ofDatabase.length === 0)) continue;
    if (isWritten(container, written)) continue;
    if (database === null) {
      found.push(unclear(container, ofDatabase.join(' ')));
      continue;
    }
    const place = placeOf(container);
    // The replicas of a service hold the same, or nobody could tell them apart anyway.
    if (seen.has(JSON.stringify(place))) continue;
    seen.add(JSON.stringify(place));
    const end = entryOf(container, database.engine, database.settings);
    if (end.entry !== null && names.has(end.entry.name)) {
      found.push(
        unclear(container, `another database is called ${end.entry.name}: give it a label berth.database.name.`),
      );
      continue;
    }
    if (end.entry !== null) names.add(end.entry.name);
    found.push(end);
  }
  return found;
};

const placeOf = ({ compose, name }: Container) =>
  compose === null ? { container: name } : { compose: `${compose.project}/${compose.service}` };

const isWritten = (container: Container, written: readonly DatabaseEntry[]): boolean =>
  written.some((entry) => {
    if (!('at' in entry) || entry.at.kind !== 'container') return false;
    const ref = entry.at.container;
    if ('name' in ref) return ref.name === container.name;
    return ref.project === container.compose?.project && ref.service === container.compose.service;
  });

const entryOf = (
  container: Container,
  engine: DatabaseEntry['engine'],
  settings: Readonly<Record<string, string>>,
): LabelledDatabase => {
  const refusedKeys = Object.keys(settings).filter((key) => !plain.has(key) && !inside.has(key) && !lists.has(key));
  if (refusedKeys.length > 0) {
    const labels = refusedKeys.map((key) => `berth.database.${key.replaceAll('_', '-')}`).join(', ');
    return unclear(container, `a label may not say ${labels}: write this database to agent.yaml instead.`);
  }
  const said = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, valueSaid(key, value)]));
  const entry = databaseEntry.safeParse({ name: usualName(container), ...said, engine, at: placeOf(container) });
  if (entry.success) return { container: container.name, entry: entry.data, problem: null };
  const words = entry.error.issues.map(({ path, message }) => `${path.join('.') || engine}: ${message}`).join('; ');
  return unclear(container, `its labels make no entry of agent.yaml (${words}).`);
};

/** `shop-db` of the service db in the project shop; else the container's name, as an entry may be called. */
const usualName = ({ name, compose }: Container): string =>
  (compose === null ? name : `${compose.project}-${compose.service}`)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');

const valueSaid = (key: string, value: string): unknown => {
  if (lists.has(key)) return value.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()]));
  if (key === 'version' && /^\d{1,3}$/.test(value)) return Number(value);
  if (key === 'globals' || key === 'compress') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
};

const unclear = (container: Container, words: string): LabelledDatabase => ({
  container: container.name,
  entry: null,
  problem: new Problem(
    'container-label',
    `The database in ${container.name} is not backed up: ${words}`,
    'docs/containers.md says which labels there are.',
  ),
});
