import type { Window } from '../../packages/server/src/coordinator/plan/window.ts';
import { merged, type Span } from './awake.ts';
import type { Calendar } from './calendar.ts';
import type { Chance } from './chance.ts';

/** A kind of machine: when it may run, and when it is on. */
export interface Kind {
  readonly name: 'server' | 'office' | 'home' | 'laptop';
  readonly shutsDown: boolean;
  window(chance: Chance): Window | null;
  /** The whole time it is on during `days` from `firstDay` on. */
  awake(calendar: Calendar, firstDay: number, days: number, chance: Chance): readonly Span[];
}

const hours = (from: number, to: number): Window => ({ from: from * 60, to: (to % 24) * 60 });
const night = hours(22, 6);

/** Hours of the wall clock of one day; `to` may pass 24. */
type Hours = readonly [from: number, to: number];

const daily =
  (hoursOf: (weekend: boolean, chance: Chance) => readonly Hours[]): Kind['awake'] =>
  (calendar, firstDay, days, chance) => {
    const holiday = chance.is(0.08) ? firstDay + Math.floor(chance.share() * days) : Number.POSITIVE_INFINITY;
    return merged(
      Array.from({ length: days }, (_, index) => firstDay + index).flatMap((day) => {
        // 1970-01-01 was a Thursday.
        const on = hoursOf((day + 3) % 7 >= 5, chance);
        if (day >= holiday && day < holiday + 7) return [];
        return on.map(([from, to]) => ({ fromMs: calendar.at(day, from * 60), toMs: calendar.at(day, to * 60) }));
      }),
    );
  };

/** Always on. */
const server: Kind = {
  name: 'server',
  shutsDown: false,
  window: () => night,
  awake: (calendar, firstDay, days) => [{ fromMs: calendar.at(firstDay, 0), toMs: calendar.at(firstDay + days, 0) }],
};

/** A desktop in an office: shut down after work and on weekends, and sometimes forgotten. */
const office: Kind = {
  name: 'office',
  shutsDown: true,
  window: () => hours(9, 17),
  awake: daily((weekend, chance) => {
    const on: Hours = [chance.between(7, 9.5), chance.is(0.1) ? 31 : chance.between(16, 19)];
    return weekend ? [] : [on];
  }),
};

/** A desktop at home: on in the evening, not every evening. */
const home: Kind = {
  name: 'home',
  shutsDown: true,
  window: () => hours(18, 23),
  awake: daily((weekend, chance) => {
    const evening: Hours = [chance.between(16.5, 19.5), chance.between(21.5, 24.5)];
    const noon: Hours = [chance.between(10, 12), chance.between(12.5, 15)];
    return [...(chance.is(0.85) ? [evening] : []), ...(weekend && chance.is(0.6) ? [noon] : [])];
  }),
};

/**
 * A laptop: open in the day with pauses, some evenings, closed most nights, awake at odd times. Half of them have the server's
 * window, because nobody wrote another; half may run at any time.
 */
const laptop: Kind = {
  name: 'laptop',
  shutsDown: false,
  window: (chance) => (chance.is(0.5) ? night : null),
  awake: daily((weekend, chance) => {
    const morning: Hours = [chance.between(7, 9.5), chance.between(11, 13)];
    const afternoon: Hours = [chance.between(12.5, 14.5), chance.between(16, 18.5)];
    const evening: Hours = [chance.between(19, 21), chance.between(21.5, 24.5)];
    const odd = chance.between(0, 30);
    const open: Hours = [22, 31];
    return [
      ...(chance.is(weekend ? 0.4 : 0.9) ? [morning, afternoon] : []),
      ...(chance.is(0.6) ? [evening] : []),
      ...(chance.is(0.3) ? [[odd, odd + chance.between(0.1, 0.7)] satisfies Hours] : []),
      ...(chance.is(0.12) ? [open] : []),
    ];
  }),
};

/** 30 % servers, 15 % desktops in offices, 15 % at home, 40 % laptops, well mixed by their number. */
const order = [server, laptop, office, laptop, server, home, laptop, server, laptop, office];
const later = [server, laptop, home, laptop, server, home, laptop, server, laptop, office];

export const kindOf = (index: number): Kind => {
  const places = index % 20 < 10 ? order : later;
  return places[index % 10] ?? server;
};
