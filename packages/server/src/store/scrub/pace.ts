/** Waits until `bytes` more may be read. Rejects when whatever it sleeps with is told to stop. */
export type Pace = (bytes: number) => Promise<void>;

/** How much may be read at once after a pause. */
const burstMs = 250;

/** Lets through `bytesPerSecond` on average and never a backlog; `nowMs` is a clock that only goes forward. */
export const pacedAt = (args: {
  readonly bytesPerSecond: number;
  readonly nowMs: () => number;
  readonly sleep: (millis: number) => Promise<void>;
}): Pace => {
  const { bytesPerSecond, nowMs, sleep } = args;
  let paidUntil = Number.NEGATIVE_INFINITY;
  return async (bytes) => {
    const now = nowMs();
    paidUntil = Math.max(paidUntil, now - burstMs) + (bytes / bytesPerSecond) * 1000;
    if (paidUntil > now) await sleep(paidUntil - now);
  };
};

/** As fast as the disk gives it. */
export const unpaced: Pace = async () => undefined;
