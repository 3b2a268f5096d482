import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Puts programs on PATH, first, until disposed. Each is the text of a module that Node runs. */
export const withTools = async (folder: string, tools: Readonly<Record<string, string>>) => {
  const bin = join(folder, 'stand-in-tools');
  await mkdir(bin, { recursive: true });
  for (const [name, text] of Object.entries(tools)) {
    await writeFile(join(bin, `${name}.mjs`), text);
    await writeFile(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${join(bin, `${name}.mjs`)}' "$@"\n`);
    await chmod(join(bin, name), 0o755);
  }
  const before = process.env['PATH'];
  process.env['PATH'] = `${bin}${delimiter}${before ?? ''}`;
  return {
    [Symbol.asyncDispose]: async () => {
      process.env['PATH'] = before;
    },
  };
};
