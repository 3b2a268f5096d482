import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { LandlockTools } from './setpriv.ts';

/** A setpriv that does what it is told, and writes down what that was. */
export interface RecordingSetpriv extends AsyncDisposable {
  /** The folder that holds it: `ReceiverWishes.setpriv`. */
  readonly folder: string;
  /** What it was last told with all of `some` among it, `setpriv` left out; null where it never was. */
  readonly told: (...some: readonly string[]) => Promise<readonly string[] | null>;
}

/** Stands before the setpriv of `tools`, so that a test can start something else behind the very walls that a server put around its own. */
export const recordingSetpriv = async (tools: LandlockTools): Promise<RecordingSetpriv> => {
  const folder = await mkdtemp(join(tmpdir(), 'berth-recording-'));
  // Every UID goes through it, and only root's words are written down: the server's own.
  await chmod(folder, 0o755);
  const real = join(folder, 'setpriv.real');
  const { stdout: own } = await execa('sh', ['-c', 'command -v setpriv']);
  await copyFile(tools.folder === null ? own : tools.setpriv, real);
  await chmod(real, 0o755);
  const record = join(folder, 'record');
  await writeFile(record, '', { mode: 0o600 });
  // One write a call, so that two at once do not mix; a word has no newline in it.
  const script = `#!/bin/sh\n[ -w ${record} ] && printf '%s\\n' "$(printf '%s\\t' "$@")" >> ${record}\nexec ${real} "$@"\n`;
  await writeFile(join(folder, 'setpriv'), script, { mode: 0o755 });
  return {
    folder,
    told: async (...some) => {
      const calls = (await readFile(record, 'utf8')).split('\n').map((line) => line.split('\t').slice(0, -1));
      return calls.findLast((call) => some.every((word) => call.some((said) => said.includes(word)))) ?? null;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
};
