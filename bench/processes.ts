import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc shows it. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Its own CPU time in clock ticks, and that together with its children that have ended and were waited for. */
  readonly ownTicks: number;
  readonly ticks: number;
}

/** Linux tells CPU time in hundredths of a second on every platform (USER_HZ). */
const ticksPerSecond = 100;

/** CPU seconds that `root` and all below it have used, children that have ended and were waited for included. */
export const cpuSeconds = (root: number): number =>
  tree(root).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;

/** Resident memory of a process, in bytes. */
export interface Memory {
  readonly rssBytes: number;
  /** The most it ever was. */
  readonly peakRssBytes: number;
  /** What it would take with everything it shares with others counted in parts (the node binary, above all). */
  readonly pssBytes: number;
}

/** The sessions below a receiver: processes with the forced command's words, once it has become Node. */
export const sessionsBelow = (root: number): readonly number[] =>
  tree(root)
    .map(({ pid }) => pid)
    .filter((pid) => {
      const words = read(pid, 'cmdline').split('\0');
      return words.includes('--control-socket') && (words[0] ?? '').endsWith('node');
    });

/** The memory of a process, or null when it is gone. */
export const memoryOf = (pid: number): Memory | null => {
  const status = read(pid, 'status');
  const rss = kibibytes(status, 'VmRSS');
  const peak = kibibytes(status, 'VmHWM');
  const pss = kibibytes(read(pid, 'smaps_rollup'), 'Pss');
  return rss === null || peak === null ? null : { rssBytes: rss, peakRssBytes: peak, pssBytes: pss ?? rss };
};

/** What a server has taken since it was watched. */
export interface Load {
  /** Resident memory of all its processes, shared pages counted once (PSS). */
  readonly idleBytes: number;
  readonly peakBytes: number;
  /** Of every process seen, also of those that nobody waited for, as sshd does not for a connection that ends. */
  readonly cpuSeconds: number;
}

/** Looks at `root` and all below it four times a second. What a process does after the last look is not counted. */
export const watchLoad = (root: number): Disposable & { readonly load: () => Load } => {
  const memory = (): number =>
    tree(root).reduce((sum, { pid }) => sum + (kibibytes(read(pid, 'smaps_rollup'), 'Pss') ?? 0), 0);
  const idleBytes = memory();
  let peakBytes = idleBytes;
  const first = new Map(tree(root).map(({ pid, ownTicks }) => [pid, ownTicks]));
  const last = new Map<number, number>();
  const look = (): void => {
    peakBytes = Math.max(peakBytes, memory());
    for (const { pid, ownTicks } of tree(root)) last.set(pid, ownTicks - (first.get(pid) ?? 0));
  };
  const timer = setInterval(look, 250);
  return {
    load: () => {
      look();
      return { idleBytes, peakBytes, cpuSeconds: [...last.values()].reduce((a, b) => a + b, 0) / ticksPerSecond };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
};

/** Looks at the sessions below `root` ten times a second, which takes CPU time from them, and remembers the highest peak. */
export const watchSessions = (root: number): Disposable & { readonly peak: () => Memory | null } => {
  let peak: Memory | null = null;
  const timer = setInterval(() => {
    for (const pid of sessionsBelow(root)) {
      const memory = memoryOf(pid);
      if (memory !== null && memory.peakRssBytes > (peak?.peakRssBytes ?? 0)) peak = memory;
    }
  }, 100);
  return { peak: () => peak, [Symbol.dispose]: () => clearInterval(timer) };
};

const tree = (root: number): readonly Process[] => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((found) => found !== null);
  const found = new Set([root]);
  // A child may have a smaller pid than its parent once pids have come round, so walk until nothing is added.
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid));
};

/** proc_pid_stat(5): the name may hold spaces and brackets, so fields are counted from its last bracket. */
const statOf = (pid: number): Process | null => {
  const text = read(pid, 'stat');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [own = 0, ownKernel = 0, waited = 0, waitedKernel = 0] = fields.slice(11, 15).map(Number);
  const ownTicks = own + ownKernel;
  return text === '' ? null : { pid, parent: Number(fields[1]), ownTicks, ticks: ownTicks + waited + waitedKernel };
};

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

const kibibytes = (text: string, name: string): number | null => {
  const digits = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return digits === undefined ? null : Number(digits) * 1024;
};
