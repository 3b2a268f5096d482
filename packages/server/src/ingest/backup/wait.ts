import type { LeaseWorld } from '@berth/agent/run/lease.ts';
import type { Clock } from '../../coordinator/clock.ts';
import { toBackupSchema } from './arguments.ts';

/** What is known of Syncthing: it is quiet, or at work; null where nobody can say; undefined before anybody said anything. */
export type Quiet = boolean | null | undefined;

/** The newest of what is told, for whoever looks or waits. */
export interface QuietNews {
  readonly now: () => Quiet;
  /** Resolves when the next thing is told. */
  readonly next: () => Promise<void>;
}

/** Listens from now on. What is no such line counts for nothing, and after the last one nobody can say any more. */
export const listenForQuiet = (told: AsyncIterable<unknown>): QuietNews => {
  let last: Quiet;
  let news = Promise.withResolvers<void>();
  const say = (quiet: Quiet): void => {
    last = quiet;
    news.resolve();
    news = Promise.withResolvers();
  };
  void (async () => {
    for await (const line of told) {
      const read = toBackupSchema.safeParse(line);
      if (read.success) say(read.data.quiet);
    }
  })()
    .catch(() => undefined)
    .finally(() => say(null));
  return { now: () => last, next: () => news.promise };
};

/** How it ended: Syncthing is quiet, it was not until the deadline, nobody can say, or we are to end. */
export type Waited = 'quiet' | 'deadline' | 'nobody' | 'stopped';

/** Between two photos Syncthing is quiet, too. */
const calmMs = 5_000;
/** Whoever is to tell us may only just have started. */
const firstWordMs = 30_000;

/** By a clock that never jumps: a machine that learns the time while it waits would wait for as long. */
export type WaitWorld = Pick<Clock, 'steadyMs'> & Pick<LeaseWorld, 'sleep'>;

/**
 * Waits until Syncthing has been quiet for five seconds, `untilMs` of the steady clock has come, or nobody can say, which is never a reason not to back up.
 * Never rejects.
 */
export const waitUntilQuiet = async (
  news: QuietNews,
  untilMs: number,
  world: WaitWorld,
  signal: AbortSignal,
): Promise<Waited> => {
  const beganMs = world.steadyMs();
  let quietSinceMs: number | null = null;
  for (;;) {
    if (signal.aborted) return 'stopped';
    const nowMs = world.steadyMs();
    const quiet = news.now();
    if (quiet === null) return 'nobody';
    quietSinceMs = quiet === true ? (quietSinceMs ?? nowMs) : null;
    const goOnMs =
      quietSinceMs !== null ? quietSinceMs + calmMs : quiet === undefined ? beganMs + firstWordMs : untilMs;
    if (nowMs >= goOnMs && quiet !== false) return quiet === true ? 'quiet' : 'nobody';
    if (nowMs >= untilMs) return quiet === true ? 'quiet' : quiet === false ? 'deadline' : 'nobody';
    await sleepOrNews(news, Math.min(goOnMs, untilMs) - nowMs, world, signal);
  }
};

const sleepOrNews = async (
  news: QuietNews,
  delayMs: number,
  world: Pick<WaitWorld, 'sleep'>,
  signal: AbortSignal,
): Promise<void> => {
  const heard = new AbortController();
  const next = news.next();
  await Promise.race([next, world.sleep(delayMs, AbortSignal.any([signal, heard.signal]))]);
  heard.abort();
};
