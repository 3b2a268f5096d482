/** One system call, as `strace -f` showed it. */
export interface SystemCall {
  readonly name: string;
  /** Its arguments as text, with the paths of file descriptors (`-y`). */
  readonly words: string;
  /** What it returned, as text: `0`, or `-1 EIO (Input/output error)`. */
  readonly result: string;
  /** Where in the order of all threads it began, and where it ended. */
  readonly began: number;
  readonly ended: number;
}

/**
 * The system calls in what `strace -f -o FILE` wrote, in the order they began. A call that another thread interrupted
 * stands on two lines, from its beginning to its end; strace writes both when they happen.
 */
export const parseStrace = (text: string): readonly SystemCall[] => {
  const calls: SystemCall[] = [];
  const open = new Map<string, { readonly name: string; readonly words: string; readonly began: number }>();
  for (const [at, line] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const unfinished = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest);
    const resumed = /^<\.\.\. (\w+) resumed>(.*)\) += (.*)$/.exec(rest);
    const whole = /^(\w+)\((.*)\) += (.*)$/.exec(rest);
    if (unfinished !== null) {
      const [, name = '', words = ''] = unfinished;
      open.set(thread, { name, words, began: at });
    } else if (resumed !== null) {
      const begun = open.get(thread);
      open.delete(thread);
      const [, , more = '', result = ''] = resumed;
      if (begun !== undefined) calls.push({ ...begun, words: begun.words + more, result, ended: at });
    } else if (whole !== null) {
      const [, name = '', words = '', result = ''] = whole;
      calls.push({ name, words, result, began: at, ended: at });
    }
  }
  return calls.sort((a, b) => a.began - b.began);
};
