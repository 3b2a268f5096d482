import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { Problem } from '@berth/common/problem.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import { explainPhone } from '../restic/explain.ts';

/**
 * Makes sure that restic has the repository it is to write to: makes it when there never was one, and notes its id in `noteFile`, so that
 * one which is lost is never taken for one that is still to be made. Throws the Problems 'no-repository' and 'other-repository', both of
 * which a person has to look into, and those of `explainPhone`.
 */
export const readyRepository = async (args: {
  readonly restic: Pick<Restic, 'config' | 'init'>;
  readonly noteFile: string;
  readonly name: string;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { restic, noteFile, signal } = args;
  const noted = await readNote(noteFile);
  const found = await idOf(args);
  if (found !== null && noted === null) return writeNote(noteFile, found);
  if (found !== null && found === noted) return;
  if (found !== null) throw otherRepository(args.name, found, noted ?? '');
  if (noted !== null) throw lostRepository(args.name, noted);
  const made = await restic.init({ signal });
  if (!isDone(made)) throw explainPhone(made, 'Making the repository', args.name);
  // 0.14 says the beginning of the id only.
  const id = await idOf(args);
  if (id === null) throw lostRepository(args.name, made.value.id ?? '');
  await writeNote(noteFile, id);
};

type Asked = Parameters<typeof readyRepository>[0];

const idOf = async (args: Asked): Promise<string | null> => {
  const config = await args.restic.config({ signal: args.signal });
  if (isDone(config)) return config.value.id;
  if (config.kind === 'no-repository') return null;
  throw explainPhone(config, 'Opening the repository', args.name);
};

const readNote = async (file: string): Promise<string | null> => {
  try {
    return (await readFile(file, 'utf8')).trim() || null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};

const writeNote = async (file: string, id: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, `${id}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
};

const lostRepository = (name: string, id: string): Problem =>
  new Problem(
    'no-repository',
    `The repository ${id.slice(0, 10)} of ${name}, which backups were made to, is gone.`,
    `Look what happened: berth-server history ${name}. Bring it back: berth-server rewind ${name}`,
  );

const otherRepository = (name: string, found: string, noted: string): Problem =>
  new Problem(
    'other-repository',
    `${name} has the repository ${found.slice(0, 10)}, and backups were made to ${noted.slice(0, 10)}.`,
    `If that is as it should be, remove the state/repository in the phone's own folder, phones/${name}/agent of the data directory.`,
  );
