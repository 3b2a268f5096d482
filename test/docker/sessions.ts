import { eventually } from '../helpers/receiver.ts';
import { docker } from './container.ts';

/** Not its own: what it looks for is not what it says. The words of a process stand behind zero bytes. */
const sessionsOf = (source: string): string =>
  `grep -laP 'session\\.mj[s]\\x00(.*\\x00)?--source\\x00${source}\\x00' /proc/[0-9]*/cmdline | cut -d/ -f3`;

/** The process number, inside the container, of the one session of `source` that runs there, of any where none is named; waits for it. */
export const sessionPid = async (container: { readonly name: string }, source = '[^\\x00]+'): Promise<string> => {
  let pid = '';
  await eventually('the session is there', 10_000, async () => {
    pid = (await docker('exec', container.name, 'sh', '-c', sessionsOf(source))).stdout.trim();
    return pid !== '';
  });
  return pid;
};
