import { z } from 'zod';
import { span } from '../config/written.ts';
import { type EngineName, engineNames } from '../databases/engine.ts';

/** What a container's `berth.*` labels say. */
export interface BerthLabels {
  /** `berth.backup`; null where it is left alone. */
  readonly how: 'stop' | 'pause' | 'exec' | null;
  /** `berth.timeout`. */
  readonly timeoutMs: number | null;
  /** `berth.paths`: paths in the container, comma-separated; null for all that is mounted. */
  readonly paths: readonly string[] | null;
  /** `berth.before` and `berth.after`: what its shell runs before and after the copy. */
  readonly before: string | null;
  readonly after: string | null;
  /** `berth.database`, and what `berth.database.…` says of it. */
  readonly database: { readonly engine: EngineName; readonly settings: Readonly<Record<string, string>> } | null;
  /** What could not be understood, a sentence each: a label that is overlooked would be a container that is not backed up. */
  readonly faults: readonly string[];
}

const known: ReadonlySet<string> = new Set(['backup', 'timeout', 'paths', 'before', 'after', 'database']);
const hows = z.enum(['stop', 'pause', 'exec']);
const engines = z.enum(engineNames);

/** Reads the labels of one container. Never throws. */
export const readLabels = (labels: Readonly<Record<string, string>>): BerthLabels => {
  const faults: string[] = [];
  const ours = new Map(
    Object.entries(labels).flatMap(([name, value]) =>
      name.startsWith('berth.') ? [[name.slice('berth.'.length), value.trim()] as const] : [],
    ),
  );
  for (const name of ours.keys()) {
    if (!known.has(name) && !name.startsWith('database.')) faults.push(`berth knows no label berth.${name}.`);
  }
  const how = hows.safeParse(ours.get('backup'));
  if (ours.has('backup') && !how.success) {
    faults.push(`berth.backup is "${shown(ours.get('backup'))}": write stop, pause or exec.`);
  }
  const [before, after] = [ours.get('before') || null, ours.get('after') || null];
  if ((before !== null || after !== null) && how.data !== 'exec') {
    faults.push('berth.before and berth.after need berth.backup=exec.');
  }
  return {
    how: how.data ?? null,
    timeoutMs: timeoutOf(ours.get('timeout'), faults),
    paths: pathsOf(ours.get('paths'), faults),
    before,
    after,
    database: databaseOf(ours, faults),
    faults,
  };
};

const timeoutOf = (written: string | undefined, faults: string[]): number | null => {
  if (written === undefined) return null;
  const parsed = span(written);
  if (parsed.ok) return parsed.value;
  faults.push(`berth.timeout is "${shown(written)}": write, for example, 5m.`);
  return null;
};

const pathsOf = (written: string | undefined, faults: string[]): readonly string[] | null => {
  if (written === undefined) return null;
  const paths = written.split(',').flatMap((path) => (path.trim() === '' ? [] : [path.trim()]));
  if (paths.length > 0 && paths.every((path) => path.startsWith('/'))) return paths;
  faults.push(`berth.paths is "${shown(written)}": write absolute paths of the container, with commas between them.`);
  return null;
};

const databaseOf = (ours: ReadonlyMap<string, string>, faults: string[]): BerthLabels['database'] => {
  const written = ours.get('database');
  const settings = Object.fromEntries(
    [...ours].flatMap(([name, value]) =>
      name.startsWith('database.') ? [[name.slice('database.'.length).replaceAll('-', '_'), value]] : [],
    ),
  );
  const engine = engines.safeParse(written);
  if (engine.success) return { engine: engine.data, settings };
  if (written !== undefined) {
    faults.push(`berth.database is "${shown(written)}", which is no engine: write one of ${engineNames.join(', ')}.`);
  } else if (Object.keys(settings).length > 0) {
    faults.push('berth.database.… says nothing without berth.database.');
  }
  return null;
};

const shown = (text: string | undefined): string => (text ?? '').replace(/\p{Cc}/gu, ' ').slice(0, 100);
