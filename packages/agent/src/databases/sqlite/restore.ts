import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { printable } from '@berth/common/parsed.ts';
import { cancelled, Problem } from '@berth/common/problem.ts';
import { isNoRoom } from '../dump-folder.ts';
import type { DumpFacts, EngineWorld, Into } from '../engine.ts';
import { bringNew, moment, moveAside, syncFolder } from '../put-in-place.ts';
import { copyTree, isThere, placeInDump } from './beside.ts';
import { usersOf } from './users.ts';

/** What lies beside a database and is part of it. https://sqlite.org/tempfiles.html */
const companions = ['-wal', '-shm', '-journal'] as const;

/** What is put back, and where to: paths of this machine. */
export interface Paths {
  readonly file: string;
  readonly also: readonly { readonly here: string; readonly written: string }[];
}

interface Work {
  /** The dump, and the database's file in it. */
  readonly folder: string;
  readonly copy: string;
  readonly paths: Paths;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
}

/** As a file of another name, which must not be there; what belongs beside it stays in the snapshot. */
export const restoreNew = async (into: Into & { readonly kind: 'new' }, work: Work): Promise<DumpFacts> => {
  const target = isAbsolute(into.name) ? into.name : join(dirname(work.paths.file), into.name);
  if (!isAbsolute(into.name) && basename(into.name) !== into.name) {
    throw refused(`"${printable(into.name, 100)}" is no name of a file.`, 'Write a name, or a path from the root.');
  }
  if (await isThere(target))
    throw refused(`There is a ${printable(target, 200)} already.`, 'Name one that is not there.');
  await bringIn(work, target);
  const left = 'What belongs beside the database is still in the snapshot: --to-file brings it too.';
  return { warnings: work.paths.also.length === 0 ? [] : [left] };
};

/**
 * In place of what is there, which is kept beside it as `….before-<time>` with its own -wal and -shm: a database must not meet those of
 * another (https://sqlite.org/howtocorrupt.html). Refused while a program has it open.
 */
export const restoreLive = async (work: Work): Promise<DumpFacts> => {
  const { folder, paths, world, signal } = work;
  const { file } = paths;
  const parts = [file, ...companions.map((ending) => `${file}${ending}`)];
  // So called, recover takes it away where a kill leaves it.
  const fresh = join(dirname(file), '.berth-restored.sqlite');
  await rm(fresh, { force: true });
  await bringIn(work, fresh);
  const warnings: string[] = [];
  try {
    const users = await usersOf(parts);
    if (users.length > 0) {
      const remedy =
        'Stop it first, or let berth do that: stop: { unit: NAME.service } or { container: NAME } in agent.yaml.';
      throw refused(`${printable(file, 200)} is in use by ${users.slice(0, 5).join(', ')}.`, remedy);
    }
    const now = world.now();
    const moved: string[] = [];
    try {
      // The database first: what then opens its name finds nothing, and no half.
      for (const part of parts) if ((await moveAside(part, now)) !== null) moved.push(part);
      await rename(fresh, file);
    } catch (error) {
      for (const part of moved.reverse()) await rename(`${part}.before-${moment(now)}`, part);
      throw error;
    }
    await syncFolder(file);
    if (moved.includes(file)) warnings.push(`What was there is kept: ${file}.before-${moment(now)}`);
    for (const { here, written } of paths.also) {
      const from = placeInDump(folder, written);
      if (!(await isThere(from))) continue;
      const aside = await moveAside(here, now);
      if (aside !== null) warnings.push(`What was there is kept: ${aside}`);
      await copyTree(from, here, world, signal, 'restore-failed');
    }
  } finally {
    await rm(fresh, { force: true });
  }
  return { warnings };
};

const bringIn = async ({ copy, world, signal }: Work, target: string): Promise<void> => {
  await mkdir(dirname(target), { recursive: true });
  const noted = await world.things.note({ kind: 'folder', path: target });
  try {
    await bringNew(copy, target, signal);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      throw refused(`There is a ${printable(target, 200)} already.`, 'Name one that is not there.');
    }
    await rm(target, { force: true });
    if (signal.aborted) throw cancelled(error);
    if (!isNoRoom(error)) throw error;
    const remedy = 'Make room on that disk.';
    throw new Problem('no-room', `There is no room for ${printable(target, 200)}.`, remedy, { cause: error });
  } finally {
    await noted.done();
  }
};

const refused = (happened: string, remedy: string): Problem => new Problem('restore-refused', happened, remedy);
