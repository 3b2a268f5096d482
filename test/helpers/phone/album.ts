import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';

/** SHA-256, by the path from the folder that was looked at. */
export type Contents = ReadonlyMap<string, string>;

/** SHA-256, as lower-case hex. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Every file below `folder` with its hash; one that goes while it looks is left out. */
export const contentsOf = async (folder: string): Promise<Contents> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = new Map<string, string>();
  for (const entry of found) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    });
    if (bytes !== null) contents.set(path.slice(folder.length + 1), sha256(bytes));
  }
  return contents;
};

/** What people find in a mirror: its files, and the older versions that it keeps of them. */
export interface Shown {
  readonly files: Contents;
  /** By the path of the file that each was a version of. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

/** Looks at a mirror as a person would: what it keeps for itself (`.berth`) is left out. */
export const mirrorIn = async (target: string): Promise<Shown> => {
  const files = new Map<string, string>();
  const versions = new Map<string, string[]>();
  for (const [path, hash] of await contentsOf(target)) {
    const version = /^\.versions\/\d{4}-\d\d-\d\d(?:\.\d+)?\/(.+)$/s.exec(path)?.[1];
    if (version !== undefined) versions.set(version, [...(versions.get(version) ?? []), hash]);
    else if (!path.startsWith('.berth/')) files.set(path, hash);
  }
  return { files, versions };
};

/** All that a phone ever held for long enough to arrive: every path, with each of the contents it had. */
export class Album {
  readonly #seen = new Map<string, Set<string>>();

  see(path: string, hash: string): void {
    const hashes = this.#seen.get(path) ?? new Set();
    this.#seen.set(path, hashes.add(hash));
  }

  seeAll(contents: Contents): void {
    for (const [path, hash] of contents) this.see(path, hash);
  }

  get paths(): readonly string[] {
    return [...this.#seen.keys()];
  }

  get hashes(): readonly string[] {
    return [...this.#seen.values()].flatMap((hashes) => [...hashes]);
  }

  /** What is in neither a mirror's files nor its versions, as `path hash`. Always none, or a photo is lost. */
  missingFrom({ files, versions }: Shown): readonly string[] {
    return [...this.#seen].flatMap(([path, hashes]) =>
      [...hashes]
        .filter((hash) => files.get(path) !== hash && versions.get(path)?.includes(hash) !== true)
        .map((hash) => `${path} ${hash}`),
    );
  }
}
