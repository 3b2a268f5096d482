/** What is taken out first is what has the least `key`; among equals, what was put in first. */
export interface Queue<T> {
  readonly size: number;
  put(key: number, value: T): void;
  /** The least key; Infinity when it is empty. */
  nextKey(): number;
  take(): T | undefined;
}

interface Entry<T> {
  readonly key: number;
  readonly order: number;
  readonly value: T;
}

const before = <T>(left: Entry<T>, right: Entry<T>): boolean =>
  left.key < right.key || (left.key === right.key && left.order < right.order);

/** A binary heap: `put` and `take` cost the logarithm of its size. */
export const makeQueue = <T>(): Queue<T> => {
  const heap: Entry<T>[] = [];
  let order = 0;

  const rise = (entry: Entry<T>): void => {
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, entry)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  };

  const sink = (entry: Entry<T>): void => {
    let place = 0;
    for (;;) {
      const [left, right] = [heap[2 * place + 1], heap[2 * place + 2]];
      if (left === undefined) break;
      const goesRight = right !== undefined && before(right, left);
      const child = goesRight ? right : left;
      if (before(entry, child)) break;
      heap[place] = child;
      place = 2 * place + (goesRight ? 2 : 1);
    }
    heap[place] = entry;
  };

  return {
    get size() {
      return heap.length;
    },
    put: (key, value) => {
      rise({ key, order, value });
      order += 1;
    },
    nextKey: () => heap[0]?.key ?? Number.POSITIVE_INFINITY,
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (heap.length > 0) sink(last);
      return first.value;
    },
  };
};
