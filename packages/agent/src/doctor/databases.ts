import { stat } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import type { EngineWorld } from '../databases/engine.ts';
import { type DatabaseEntry, openDatabase } from '../databases/entries.ts';
import { type Finding, failed, fine, warning } from './finding.ts';

/** The doctor should answer while a person waits. */
const patienceMs = 60_000;

/** Would each entry be dumped? Reaches it, asks for its version and what there is; dumps nothing. Then the files with its secrets. */
export const checkDatabases = async (
  entries: readonly DatabaseEntry[],
  world: EngineWorld,
  signal: AbortSignal,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const entry of entries) {
    findings.push(await checkOne(entry, world, signal), ...(await checkSecrets(entry)));
  }
  return findings;
};

const checkOne = async (entry: DatabaseEntry, world: EngineWorld, signal: AbortSignal): Promise<Finding> => {
  const check = `database ${entry.name}`;
  const late = AbortSignal.timeout(patienceMs);
  try {
    const described = await openDatabase(entry).describe(world, AbortSignal.any([signal, late]));
    const names = described.units.map(({ database, file }) => database ?? file);
    const shown = names.slice(0, 10).join(', ');
    const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
    const message = `${described.version}: ${names.length === 0 ? 'nothing to dump' : `${shown}${more}`}`;
    const missing = described.units.filter(({ isMissing }) => isMissing === true).map(({ database }) => database);
    if (missing.length > 0) {
      const remedy = `Correct "only:" in agent.yaml, or bring it back: berth restore-db ${entry.name}/${missing[0]} --live`;
      return failed(check, `${described.version} has no ${missing.slice(0, 10).join(', ')}.`, remedy);
    }
    if (described.warnings.length > 0) {
      return warning(
        check,
        `${message}. ${described.warnings.slice(0, 5).join(' ')}`,
        `See docs/databases.md, ${entry.engine}.`,
      );
    }
    if (names.length > 0) return fine(check, message);
    return warning(check, message, 'Look at "only:" and "except:" in agent.yaml, and whether there is any database.');
  } catch (error) {
    if (late.aborted && !signal.aborted) {
      return failed(
        check,
        `It did not answer within ${patienceMs / 1_000} s.`,
        'See what keeps it; then: berth doctor',
      );
    }
    if (error instanceof Problem) return failed(check, error.message, error.remedy);
    throw error;
  }
};

/** Certificates are for everybody to read; what else is named by a file is a secret. */
const secretKeys = /^(?:pgpass|option_file|key_file|uri_file|(?!ca_|cert_)\w*_(?:file|key_file))$/;

const checkSecrets = async (entry: DatabaseEntry): Promise<readonly Finding[]> => {
  if (process.platform === 'win32') return [];
  const files = Object.entries(entry).flatMap(([key, value]) =>
    secretKeys.test(key) && typeof value === 'string' ? [{ key, path: value }] : [],
  );
  const findings = await Promise.all(files.map(({ key, path }) => checkSecret(`${key} of ${entry.name}`, path)));
  return findings.flatMap((finding) => finding ?? []);
};

/** What is not there has been told by whoever needed it. */
const checkSecret = async (check: string, path: string): Promise<Finding | null> => {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const mode = found.mode & 0o777;
  if ((mode & 0o077) === 0) return fine(check, `${path}, its owner's alone`);
  return failed(
    check,
    `Others on this machine can get at ${path} (mode ${mode.toString(8)}).`,
    `Run: chmod 600 ${path}`,
  );
};
