/**
 * Turns `sync` into one that concurrent callers share: whoever calls while a sync is under way waits for the next one,
 * which covers all who came meanwhile, so ten callers cost at most two syncs. A caller is never answered by a sync
 * that began before it called. A failure reaches exactly the callers that the failed sync covered; it is not retried,
 * because after a failed fsync the kernel may have dropped the pages and the next one would lie.
 */
export const groupCommit = (sync: () => Promise<void>): (() => Promise<void>) => {
  let underWay: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const begin = (): Promise<void> => {
    const run = sync().finally(() => {
      underWay = null;
    });
    underWay = run;
    return run;
  };

  return () => {
    if (next !== null) return next;
    if (underWay === null) return begin();
    const startNext = (): Promise<void> => {
      next = null;
      return begin();
    };
    next = underWay.then(startNext, startNext);
    return next;
  };
};
