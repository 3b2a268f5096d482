import type { WatchWorld } from './phone.ts';

/** Says it at once, and then at most so often, in milliseconds: what comes in between is said once, after it. */
export const atMostEvery = (
  apartMs: number,
  say: () => void,
  { clock, sleep }: Pick<WatchWorld, 'clock' | 'sleep'>,
  signal: AbortSignal,
): (() => void) => {
  let saidMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;
  const sayNow = (): void => {
    saidMs = clock.steadyMs();
    say();
  };
  return () => {
    if (isWaiting) return;
    const leftMs = saidMs + apartMs - clock.steadyMs();
    if (leftMs <= 0) return sayNow();
    isWaiting = true;
    void sleep(leftMs, signal).then(
      () => {
        isWaiting = false;
        sayNow();
      },
      () => undefined,
    );
  };
};
