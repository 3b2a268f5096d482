import type { Plan, PlanQuestion, PlanSource, Slot } from './plan.ts';
import type { Window } from './window.ts';

/** For the tests of the planner: sources, and what a plan comes to. */
export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** 22:00-06:00. */
export const night: Window = { from: 1320, to: 360 };

/** Daily, in the night, half an hour, never planned before. */
export const source = (name: string, rest: Partial<PlanSource> = {}): PlanSource => ({
  ...{ name, everyMs: dayMs, window: night, lengthMs: 30 * minuteMs, place: null },
  ...rest,
});

export const question = (sources: readonly PlanSource[], rest: Partial<PlanQuestion> = {}): PlanQuestion => ({
  ...{ nowMs: Date.parse('2026-11-21T14:00Z'), timeZone: 'Europe/Berlin', concurrency: 2, sources },
  ...rest,
});

/** The same sources as the next planning finds them. */
export const again = (sources: readonly PlanSource[], planned: Plan): readonly PlanSource[] =>
  sources.map((one) => ({ ...one, place: planned.places.get(one.name) ?? null }));

export const allSlots = (planned: Plan): readonly Slot[] => [...planned.slots.values()].flat();

/** The most that run at once. */
export const peak = (slots: readonly Slot[]): number => {
  const changes = slots
    .flatMap(({ startsAtMs, endsAtMs }) => [
      { at: startsAtMs, by: 1 },
      { at: endsAtMs, by: -1 },
    ])
    .sort((one, other) => one.at - other.at || one.by - other.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
};

/** Who is somewhere else than before. */
export const moved = (before: Plan, after: Plan): readonly string[] =>
  [...before.places].flatMap(([name, { minute, day }]) => {
    const place = after.places.get(name);
    return place?.minute === minute && place.day === day ? [] : [name];
  });

/** Minutes of the day that a zone's clock shows, asked of the runtime and not of the planner's own clock. */
export const clockIn = (timeZone: string): ((utcMs: number) => number) => {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (utcMs) => {
    const [hour, minute] = formatter.format(utcMs).split(':');
    return Number(hour) * 60 + Number(minute);
  };
};

export const isWithin = (minute: number, { from, to }: Window): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;
