import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '@berth/common/errno.ts';

/** One process of a snapshot of /proc. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks after boot; with the pid it names one process for ever. */
  readonly startTime: number;
  /** The effective UID. */
  readonly uid: number;
  readonly argv: readonly string[];
  /** Such as `mnt:[4026531832]`; empty when we may not know. */
  readonly mountNamespace: string;
}

/** Reads every process. One that ends meanwhile is left out. About 20 µs each. */
export const snapshot = (): readonly ProcessEntry[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readEntry(Number(name)) ?? []) : []));

/** All processes below those given, parents before children, without the given ones. */
export const descendants = (all: readonly ProcessEntry[], roots: readonly number[]): readonly ProcessEntry[] => {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found: ProcessEntry[] = [];
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      visit(child.pid);
    }
  };
  for (const pid of roots) visit(pid);
  return found;
};

/**
 * Ends exactly these processes: SIGTERM, and SIGKILL for what is left after `graceMs`. A pid that another process has
 * taken meanwhile is not signalled. Returns the number of those still there 2 s after the SIGKILL (in an
 * uninterruptible wait on a disk, say).
 */
export const endProcesses = async (processes: readonly ProcessEntry[], graceMs: number): Promise<number> => {
  for (const entry of processes) signal(entry, 'SIGTERM');
  if (!(await gone(processes, graceMs))) {
    for (const entry of processes) signal(entry, 'SIGKILL');
    await gone(processes, 2000);
  }
  return processes.filter(isAlive).length;
};

/** True while this very process (not another one with its pid) runs. A zombie has ended. */
export const isAlive = ({ pid, startTime }: Pick<ProcessEntry, 'pid' | 'startTime'>): boolean => {
  const stat = readStat(pid);
  return stat !== null && stat.startTime === startTime && stat.state !== 'Z' && stat.state !== 'X';
};

/** The state letter of proc_pid_stat(5), or null when there is no such process. */
export const stateOf = (pid: number): string | null => readStat(pid)?.state ?? null;

const gone = async (processes: readonly ProcessEntry[], withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (processes.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
};

const signal = (entry: ProcessEntry, name: NodeJS.Signals): void => {
  if (!isAlive(entry)) return;
  try {
    process.kill(entry.pid, name);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
};

const readEntry = (pid: number): ProcessEntry | null => {
  const stat = readStat(pid);
  const status = readText(`/proc/${pid}/status`);
  const command = readText(`/proc/${pid}/cmdline`);
  const uid = status === null ? undefined : /^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1];
  if (stat === null || command === null || uid === undefined) return null;
  return {
    pid,
    parent: stat.parent,
    startTime: stat.startTime,
    uid: Number(uid),
    argv: command.replace(/\0+$/, '').split('\0'),
    mountNamespace: namespaceOf(pid),
  };
};

const readStat = (
  pid: number,
): { readonly state: string; readonly parent: number; readonly startTime: number } | null => {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is the program's name in parentheses and may hold anything, so count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: Number(fields[19]) };
};

const namespaceOf = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return '';
    throw error;
  }
};

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return null;
    throw error;
  }
};
