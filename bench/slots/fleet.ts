import type { Window } from '../../packages/server/src/coordinator/plan/window.ts';
import type { Span } from './awake.ts';
import { type Calendar, dayMs, hourMs, makeCalendar, minuteMs } from './calendar.ts';
import { type Chance, makeChance } from './chance.ts';
import { type Kind, kindOf } from './kinds.ts';

/** A machine and everything that happens to it, whoever plans: no planner's doing changes any of it. */
export interface Machine {
  readonly name: string;
  readonly index: number;
  readonly kind: Kind['name'];
  readonly everyMs: number;
  readonly window: Window | null;
  /** When it was added; before the beginning for those that were there already, which have a backup. */
  readonly joinsAtMs: number;
  readonly awake: readonly Span[];
  /** It is shut down where others sleep: what it was doing ends with it. */
  readonly shutsDown: boolean;
  /** How long its run of each day takes alone on the server, by days since the beginning. */
  readonly lengthsMs: readonly number[];
  readonly firstLengthMs: number;
}

export interface Fleet {
  readonly machines: readonly Machine[];
  readonly concurrency: number;
  readonly calendar: Calendar;
  readonly timeZone: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly seed: number;
}

export interface FleetQuestion {
  readonly sources: number;
  readonly days: number;
  readonly seed: number;
}

/**
 * How many may run at once, and how much of what the night's window (22:00 to 06:00) holds its sources need in the middle of
 * the month. A household's NAS has room; a provider pays for what is not used. The length of a run follows from both: half an
 * hour, 8 and 4 minutes on average, the middle one half of that.
 */
const sizeOf = (sources: number): { readonly concurrency: number; readonly load: number } => {
  if (sources <= 100) return { concurrency: 2, load: 0.6 };
  return sources <= 2000 ? { concurrency: 12, load: 0.65 } : { concurrency: 64, load: 0.65 };
};

const timeZone = 'Europe/Berlin';
/** The night of 2027-03-28 has no hour from 2 to 3: the windows hold the least. */
const firstDay = Date.UTC(2027, 2, 10) / dayMs;
/** Of the sources, those that are added while the month goes by. */
const joinShare = 0.2;
const growthPerDay = 0.01;
/** A first backup is this many of the daily ones, and at most half a day. */
const first = { factor: 10, mostMs: 12 * hourMs };
const mostMs = 3 * hourMs;

/** The same question has the same fleet. It lives a day longer than `days`, so that the last night can be caught up. */
export const makeFleet = ({ sources, days, seed }: FleetQuestion): Fleet => {
  const zone = makeCalendar(timeZone, (firstDay - 2) * dayMs, (firstDay + days + 3) * dayMs);
  const fromMs = zone.at(firstDay, 12 * 60);
  const toMs = zone.at(firstDay + days + 1, 12 * 60);
  const { concurrency, load } = sizeOf(sources);

  const drafts = Array.from({ length: sources }, (_, index) => {
    const chance = makeChance(seed, index);
    const kind = kindOf(index);
    return { index, chance, kind, window: kind.window(chance), share: chance.lognormal(1) };
  });
  const nightly = drafts.filter(({ window }) => window?.from === 22 * 60);
  const sum = nightly.reduce((total, { share }) => total + share, 0);
  const middle = (1 + growthPerDay) ** (days / 2) * mean.night;
  const unitMs = (load * concurrency * 8 * hourMs) / (sum * middle);

  const machines = drafts.map(({ index, chance, kind, window, share }): Machine => {
    const joins = chance.is(joinShare);
    const baseMs = Math.min(mostMs, Math.max(minuteMs / 2, share * unitMs));
    return {
      name: `${kind.name}-${index}`,
      index,
      kind: kind.name,
      everyMs: dayMs,
      window,
      joinsAtMs: joins ? joinTime(zone, days, chance) : fromMs - dayMs,
      awake: kind.awake(zone, firstDay, days + 2, chance),
      shutsDown: kind.shutsDown,
      lengthsMs: Array.from(
        { length: days + 2 },
        (_, day) => baseMs * (1 + growthPerDay) ** day * chance.lognormal(0.4),
      ),
      firstLengthMs: Math.min(first.mostMs, first.factor * baseMs),
    };
  });
  return { machines, concurrency, calendar: zone, timeZone, fromMs, toMs, seed };
};

/** The mean of the lognormal that each night's length is multiplied with. */
const mean = { night: Math.exp(0.4 ** 2 / 2) };

/** In somebody's working hours. */
const joinTime = (zone: Calendar, days: number, chance: Chance): number =>
  zone.at(firstDay + 1 + Math.floor(chance.share() * (days - 3)), chance.between(9 * 60, 17 * 60));
