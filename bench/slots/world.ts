import { isAwake, spanAt } from './awake.ts';
import type { Fleet, Machine } from './fleet.ts';
import { makeQueue } from './queue.ts';

/** One run that made a snapshot: from when until when its last try went on. */
export interface Success {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** How a try ended. `asleep`: the machine went to sleep or was shut down before it was through. */
export type Ending = 'done' | 'asleep';

/** Virtual time, and the server that all tries share. */
export interface World {
  readonly nowMs: number;
  /** Everything that happens after `atMs` sees `nowMs` grow to it. Not before now, never after the end. */
  at(atMs: number, action: () => void): void;
  /** When the machine is awake: `atMs` itself, or the moment it wakes after it. Infinity: never again. */
  awakeAt(machine: Machine, atMs: number): number;
  /** Work of `workMs` at full speed, beginning now, of a machine that is awake. `end` learns how much of it was done. */
  work(machine: Machine, workMs: number, end: (ending: Ending, doneMs: number) => void): void;
  succeeded(machine: Machine, success: Success): void;
}

export interface Past {
  /** By the machine's index, in order. */
  readonly successes: readonly (readonly Success[])[];
  /** The most that ran at once. */
  readonly peak: number;
}

interface Try {
  readonly startedVirtualMs: number;
  readonly end: (ending: Ending, doneMs: number) => void;
  ended: boolean;
}

/**
 * Plays the whole time of a fleet; `begin` sets a planner's first events. The server carries `concurrency` tries at full speed;
 * more than that share what it carries, so that with twice as many each takes twice as long. All tries go equally fast, so one
 * clock of work serves them all: it stands still where nothing runs, and each try is done at its place on it.
 */
export const play = (fleet: Fleet, begin: (world: World) => void): Past => {
  const events = makeQueue<() => void>();
  const tries = makeQueue<Try>();
  const successes = fleet.machines.map((): Success[] => []);
  let [nowMs, virtualMs, running, peak] = [fleet.fromMs, 0, 0, 0];

  const rate = (): number => Math.min(1, fleet.concurrency / Math.max(1, running));
  const goTo = (atMs: number): void => {
    virtualMs += (atMs - nowMs) * rate();
    nowMs = atMs;
  };
  const finish = (one: Try, ending: Ending): void => {
    one.ended = true;
    running -= 1;
    one.end(ending, virtualMs - one.startedVirtualMs);
  };

  begin({
    get nowMs() {
      return nowMs;
    },
    at: (atMs, action) => {
      if (atMs < fleet.toMs) events.put(Math.max(nowMs, atMs), action);
    },
    awakeAt: ({ awake }, atMs) => Math.max(atMs, spanAt(awake, atMs)?.fromMs ?? Number.POSITIVE_INFINITY),
    work: (machine, workMs, end) => {
      if (!isAwake(machine.awake, nowMs)) throw new Error(`${machine.name} is asleep and can not work`);
      const one: Try = { startedVirtualMs: virtualMs, end, ended: false };
      running += 1;
      peak = Math.max(peak, running);
      tries.put(virtualMs + workMs, one);
      events.put(spanAt(machine.awake, nowMs)?.toMs ?? nowMs, () => {
        if (!one.ended) finish(one, 'asleep');
      });
    },
    succeeded: ({ index }, success) => successes[index]?.push(success),
  });

  for (;;) {
    const doneAtMs = nowMs + Math.max(0, tries.nextKey() - virtualMs) / rate();
    const eventAtMs = events.nextKey();
    if (Math.min(doneAtMs, eventAtMs) >= fleet.toMs) return { successes, peak };
    goTo(Math.min(doneAtMs, eventAtMs));
    if (doneAtMs <= eventAtMs) {
      const one = tries.take();
      if (one !== undefined && !one.ended) finish(one, 'done');
    } else events.take()?.();
  }
};
