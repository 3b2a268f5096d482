/**
 * Does `work` for every item, `atOnce` of them at a time, in their order. Begins no more when `signal` is aborted or one
 * has failed; rejects with the first failure, and settles only when all that had begun have ended.
 */
export const inParallel = async <Item>(
  items: Iterable<Item>,
  { atOnce, signal }: { readonly atOnce: number; readonly signal: AbortSignal },
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const left = items[Symbol.iterator]();
  const failures: { readonly error: unknown }[] = [];
  const worker = async (): Promise<void> => {
    for (;;) {
      if (failures.length > 0 || signal.aborted) return;
      const next = left.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        failures.push({ error });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const [first] = failures;
  if (first !== undefined) throw first.error;
};
