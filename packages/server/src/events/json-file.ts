import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { Problem } from '@berth/common/problem.ts';
import type { z } from 'zod';

/** What a file of the server's own holds; `broken` when it is there and can not be understood. */
export type JsonFile<Value> =
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'ok'; readonly value: Value };

/** Reads a file that `replaceJson` wrote. Throws `not-allowed` for whoever may not, and the disk's errors. */
export const readJson = <Schema extends z.ZodType>(path: string, schema: Schema): JsonFile<z.output<Schema>> => {
  try {
    const read = schema.safeParse(parseJson(readFileSync(path, 'utf8')));
    return read.success ? { kind: 'ok', value: read.data } : { kind: 'broken' };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { kind: 'missing' };
    if (isErrno(error, 'EACCES')) {
      throw new Problem('not-allowed', `${path} is for the server's own account only.`, 'Type it as root: sudo …', {
        cause: error,
      });
    }
    throw error;
  }
};

/**
 * Replaces a file in one step: after a power cut it holds the old value or the new one. Only the server's account may
 * read it: how its neighbours fare is no source's business. Never writes through a link that somebody left at the temporary name.
 */
export const replaceJson = (path: string, value: unknown): void => {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeWhole(file, Buffer.from(`${JSON.stringify(value, null, 1)}\n`));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
};

/** Moves a broken file out of the way, for a person to look at, and answers with where it is; the last one stays only. */
export const setBrokenAside = (path: string): string => {
  const aside = `${path}.broken`;
  renameSync(path, aside);
  return aside;
};

/** One write may take less than all, and the rest of a full disk takes nothing. Throws `ENOSPC` then. */
export const writeWhole = (file: number, bytes: Uint8Array): void => {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
};

/** What a file holds; nothing where there is none. */
export const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '';
    throw error;
  }
};
