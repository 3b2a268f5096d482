import { eventually } from '../helpers/receiver.ts';
import { docker } from './container.ts';

/** Not its own: what it looks for is not what it says. */
const sessions = "grep -laE 'session\\.mj[s]' /proc/[0-9]*/cmdline | cut -d/ -f3";

/** The process number, inside the container, of the one session that runs there; waits for it. */
export const sessionPid = async (container: { readonly name: string }): Promise<string> => {
  let pid = '';
  await eventually('the session is there', 10_000, async () => {
    pid = (await docker('exec', container.name, 'sh', '-c', sessions)).stdout.trim();
    return pid !== '';
  });
  return pid;
};
