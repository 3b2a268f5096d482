/** Runs works of the same key one after another, and works of different keys side by side. */
export type Serial = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;

/** A new set of queues, one per key, each forgotten when it is empty. */
export const serial = (): Serial => {
  const tails = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const before = tails.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    tails.set(key, result);
    const forget = (): void => {
      if (tails.get(key) === result) tails.delete(key);
    };
    result.then(forget, forget);
    return result;
  };
};
