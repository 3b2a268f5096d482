/** Does `work` for each of `items`, `width` of them at a time. Rejects with the first failure, once those under way have ended. */
export const sideBySide = async <T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> => {
  const left = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (failed) return;
      await work(item, index).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  const rejected = lanes.find((result) => result.status === 'rejected');
  if (rejected !== undefined) throw rejected.reason;
};
