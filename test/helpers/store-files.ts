import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Every file below `folder`, by its path from there, sorted. */
export const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
};

/** The objects in `repo` whose content is not what their name says: always none, or something partial became visible. */
export const partialObjects = async (repo: string): Promise<readonly string[]> => {
  const partial: string[] = [];
  for (const file of await filesBelow(repo)) {
    if (basename(file) === 'config') continue;
    const hash = createHash('sha256')
      .update(await readFile(join(repo, file)))
      .digest('hex');
    if (hash !== basename(file)) partial.push(file);
  }
  return partial;
};
