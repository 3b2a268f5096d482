import type { Demand } from './demand.ts';
import type { LocalTime } from './local-time.ts';
import type { Places } from './places.ts';
import { type Run, runsOn } from './runs.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** One run in the nights to come. */
export interface Planned {
  readonly demand: Demand;
  readonly run: Run;
  readonly startsAtMs: number;
  /** False where more than `concurrency` run at some minute of it. */
  readonly fits: boolean;
}

interface Question {
  readonly time: LocalTime;
  readonly concurrency: number;
  readonly demands: readonly Demand[];
  readonly places: Places;
  readonly today: number;
}

/**
 * The runs from yesterday to the day after tomorrow, in UTC. On all nights but two a year everybody runs at its place. Where
 * the clock is changed some would meet: who is in the way goes to the nearest room of that night, and is back the next.
 */
export const planNights = ({ time, concurrency, demands, places, today }: Question): readonly Planned[] => {
  const begin = Math.floor(time.utcOf(today - 2, 0).first / minuteMs);
  const counts = new Uint16Array((8 * dayMs) / minuteMs);
  const level = (start: number, minutes: number, enough: number): number => {
    let most = 0;
    for (let at = start; at < start + minutes && most < enough; at += 1) most = Math.max(most, counts[at - begin] ?? 0);
    return most;
  };
  const add = (start: number, minutes: number): void => {
    for (let at = start; at < start + minutes; at += 1) counts[at - begin] = (counts[at - begin] ?? 0) + 1;
  };

  const planned: Planned[] = [];
  const put = (demand: Demand, run: Run, startsAtMs: number, fits: boolean): void => {
    add(startsAtMs / minuteMs, demand.minutes);
    planned.push({ demand, run, startsAtMs, fits });
  };

  const inTheWay: { demand: Demand; run: Run }[] = [];
  for (const { demand, run, fits } of runsAtTheirPlaces(time, demands, places, today)) {
    const start = run.startsAtMs / minuteMs;
    if (!fits) put(demand, run, run.startsAtMs, false);
    else if (isInWindow(demand, run) && level(start, demand.minutes, concurrency) < concurrency) {
      put(demand, run, run.startsAtMs, true);
    } else inTheWay.push({ demand, run });
  }
  for (const { demand, run } of inTheWay.sort((one, other) => other.demand.minutes - one.demand.minutes)) {
    const wish = run.startsAtMs / minuteMs;
    const [from, to] = startsOf(demand, run);
    let best = { start: Math.min(Math.max(wish, from), to), level: Number.POSITIVE_INFINITY };
    for (const start of outwards(wish, from, to)) {
      const here = level(start, demand.minutes, best.level);
      if (here < best.level) best = { start, level: here };
      if (here < concurrency) break;
    }
    put(demand, run, best.start * minuteMs, best.level < concurrency);
  }
  return planned;
};

/** Those that fit before those that do not, as when their places were chosen; otherwise the earlier first. */
const runsAtTheirPlaces = (time: LocalTime, demands: readonly Demand[], places: Places, today: number) => {
  const all: { demand: Demand; run: Run; fits: boolean }[] = [];
  for (const demand of demands) {
    const found = places.get(demand.source.name);
    if (found === undefined) continue;
    const { everyMs } = demand.source;
    for (let day = today - 1; day <= today + 2; day += 1) {
      for (const run of runsOn(time, day, { everyMs, window: demand.window, place: found.place })) {
        all.push({ demand, run, fits: found.fits });
      }
    }
  }
  return all.sort((one, other) => Number(other.fits) - Number(one.fits) || one.run.startsAtMs - other.run.startsAtMs);
};

const isInWindow = (demand: Demand, { startsAtMs, window }: Run): boolean =>
  window === null || (startsAtMs >= window.opensAtMs && startsAtMs + demand.minutes * minuteMs <= window.closesAtMs);

/** The earliest and the latest minute at which it may start that night; without a window a quarter of its period around. */
const startsOf = (demand: Demand, { startsAtMs, window }: Run): readonly [number, number] => {
  if (window === null) {
    const around = Math.floor(Math.min(demand.source.everyMs, dayMs) / 4 / minuteMs);
    return [startsAtMs / minuteMs - around, startsAtMs / minuteMs + around];
  }
  const from = Math.ceil(window.opensAtMs / minuteMs);
  return [from, Math.max(from, Math.floor(window.closesAtMs / minuteMs) - demand.minutes)];
};

/** The minutes of a range, the nearest to `wish` first. */
function* outwards(wish: number, from: number, to: number): Generator<number> {
  const start = Math.min(Math.max(wish, from), to);
  yield start;
  for (let apart = 1; start - apart >= from || start + apart <= to; apart += 1) {
    if (start + apart <= to) yield start + apart;
    if (start - apart >= from) yield start - apart;
  }
}
