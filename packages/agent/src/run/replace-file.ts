import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a private file (0600) whole or not at all: temporary file beside it, fsync, rename, fsync of the folder. */
export const replaceFile = async (
  file: string,
  content: string,
  beforeRename?: () => void | Promise<void>,
): Promise<void> => {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await rm(temporary, { force: true });
    {
      await using handle = await open(temporary, 'wx', 0o600);
      await handle.writeFile(content);
      await handle.sync();
    }
    await beforeRename?.();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await using folder = await open(directory, 'r');
  await folder.sync();
};
