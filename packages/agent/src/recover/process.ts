import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Noted } from './things.ts';

/** A process told from every other one, of this boot and of earlier ones. */
export type ProcessThing = Noted & { readonly kind: 'process' };

/** proc(5), /proc/pid/stat: the name may hold spaces and brackets, so fields count from behind its last bracket. */
const statOf = async (
  pid: number,
): Promise<{ readonly state: string; readonly group: number; readonly startTicks: string } | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return null;
  return { state, group: Number(group), startTicks };
};

const bootOf = async (): Promise<string | null> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null))?.trim() ?? null;

/** A running process, to be noted; null where it has ended, and where there is no /proc (macOS, Windows). */
export const processThing = async (pid: number): Promise<ProcessThing | null> => {
  const [stat, boot] = await Promise.all([statOf(pid), bootOf()]);
  return stat === null || boot === null ? null : { kind: 'process', pid, startTicks: stat.startTicks, boot };
};

/** Whether the very process still runs. One that has ended and only waits to be collected does not. */
export const isRunning = async (thing: ProcessThing): Promise<boolean> => {
  const [stat, boot] = await Promise.all([statOf(thing.pid), bootOf()]);
  return stat !== null && boot === thing.boot && stat.startTicks === thing.startTicks && !'ZX'.includes(stat.state);
};

/**
 * Kills it, and its process group where it leads one, and waits until it is gone; at once where it is gone already. SIGKILL and nothing
 * gentler: a restic that is told to end while its input is open might take the end of that input for the end of a dump.
 * False when it still runs after `patienceMs`, as in the middle of a read from a dead disk.
 */
export const killLeftBehind = async (thing: ProcessThing, patienceMs = 10_000): Promise<boolean> => {
  const stat = await statOf(thing.pid);
  if (stat === null || !(await isRunning(thing))) return true;
  try {
    process.kill(stat.group === thing.pid ? -thing.pid : thing.pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime, or is another user's: looked at below.
  }
  for (let waited = 0; waited < patienceMs; waited += 20) {
    if (!(await isRunning(thing))) return true;
    await pause(20);
  }
  return false;
};
