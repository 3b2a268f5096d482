import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, normalize } from 'node:path';
import { type Disk, nodeDisk } from '../../packages/server/src/store/disk.ts';
import { sourceFolders } from '../../packages/server/src/store/layout.ts';
import { partialObjects } from '../../test/helpers/store-files.ts';

/** A source among others, and a disk that notices who reaches for them. */
export interface Cage extends AsyncDisposable {
  /** The source's own directory. */
  readonly directory: string;
  readonly disk: Disk;
  /** What is not as it must be, in words: a path that was asked for outside, a change outside, anything odd inside. */
  readonly escapes: () => Promise<readonly string[]>;
}

/** Makes one below `parent`. */
export const cage = async (parent: string): Promise<Cage> => {
  const top = await mkdtemp(join(parent, 'cage-'));
  const directory = join(top, 'sources/alpha');
  for (const folder of sourceFolders) await mkdir(join(directory, folder), { recursive: true });
  for (const path of ['sources.yaml', 'etc/passwd', 'sources/beta/repo/config', 'sources/beta/journal/2026-11.jsonl']) {
    await mkdir(join(top, path, '..'), { recursive: true });
    await writeFile(join(top, path), `this is ${path}\n`);
  }
  const reached: string[] = [];
  const before = await outside(top, directory);
  return {
    directory,
    disk: guarded(directory, reached),
    escapes: async () => [
      ...reached.map((path) => `${JSON.stringify(path)} was asked for`),
      ...((await outside(top, directory)) === before ? [] : ['something outside has changed']),
      ...(await oddities(directory)),
    ],
    [Symbol.asyncDispose]: () => rm(top, { recursive: true, force: true }),
  };
};

/** The real disk, which notes every path that is not below `directory` as it is written, before anything follows it. */
const guarded = (directory: string, reached: string[]): Disk => {
  const isInside = (path: string): boolean =>
    path.startsWith(`${directory}/`) && normalize(path) === path && !path.includes('\0');
  return new Proxy(nodeDisk, {
    get: (disk, key) => {
      const value: unknown = Reflect.get(disk, key);
      if (typeof value !== 'function') return value;
      return (...words: readonly unknown[]): unknown => {
        for (const word of words) if (typeof word === 'string' && !isInside(word)) reached.push(word);
        return Reflect.apply(value, disk, words);
      };
    },
  });
};

/** Everything outside of `directory`, as one text that changes when any of it does. */
const outside = async (top: string, directory: string): Promise<string> => {
  const found = await readdir(top, { recursive: true, withFileTypes: true });
  const lines: string[] = [];
  for (const entry of found) {
    const path = join(entry.parentPath, entry.name);
    if (path === directory || path.startsWith(`${directory}/`)) continue;
    const { mode, size, mtimeNs, ino } = await stat(path, { bigint: true });
    const hash = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(path))
          .digest('hex')
      : '';
    // A folder's own times change with what is made in it, which the lines of its content tell.
    lines.push(`${path} ${mode} ${ino} ${entry.isFile() ? `${size} ${mtimeNs} ${hash}` : ''}`);
  }
  return lines.sort().join('\n');
};

const sha256 = /^[0-9a-f]{64}$/;
const allowed = [
  /^repo\/config$/,
  /^repo\/(?:index|keys|locks|snapshots)\/[0-9a-f]{64}$/,
  /^repo\/data\/[0-9a-f]{2}\/[0-9a-f]{64}$/,
  /^trash\/(?:config|data|index|keys|locks|snapshots)\/(?:config|[0-9a-f]{64})\.\d+$/,
  /^journal\/\d{4}-\d\d\.jsonl$/,
  /^journal\/[\w.-]+\.json$/,
];

/** Files of a source that no store makes, uploads that were left, objects that are not their name. */
const oddities = async (directory: string): Promise<readonly string[]> => {
  const odd: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1);
    if (entry.isDirectory()) continue;
    if (!entry.isFile() || !allowed.some((pattern) => pattern.test(path))) odd.push(`${JSON.stringify(path)} is there`);
    const shard = /^repo\/data\/(..)\//.exec(path)?.[1];
    if (shard !== undefined && sha256.test(basename(path)) && !basename(path).startsWith(shard))
      odd.push(`${path} is astray`);
  }
  return [...odd, ...(await partialObjects(join(directory, 'repo'))).map((path) => `${path} is not whole`)];
};
