import type { Demand } from './demand.ts';
import type { Planned } from './nights.ts';
import type { Places } from './places.ts';
import type { Tight } from './plan.ts';
import { formatWindow, windowMinutes } from './window.ts';

/** What can not be held, in words. `nights` are those runs that fit at their place but not in a night to come. */
export const tightWords = (
  demands: readonly Demand[],
  places: Places,
  concurrency: number,
  nights: readonly Planned[],
): readonly Tight[] => [
  ...demands.filter((demand) => demand.tooLongFor !== null).map(tooLong),
  ...[...byWindow(demands)].flatMap(([hours, those]) => tooMuch(hours, those, places, concurrency)),
  ...thatNight(nights),
];

const tooLong = (demand: Demand): Tight => {
  const { name, lengthMs } = demand.source;
  const takes = `${name} takes about ${hoursOf(Math.ceil(lengthMs / 60_000))}`;
  if (demand.window === null || demand.tooLongFor === 'period') {
    return {
      sources: [name],
      text: `${takes}, longer than from one of its runs to the next.`,
      remedy: `Give ${name} a longer every in sources.yaml, or let it back up less.`,
    };
  }
  return {
    sources: [name],
    text: `${takes}, and its window ${formatWindow(demand.window)} is ${hoursOf(windowMinutes(demand.window))} long: it starts when the window opens, and ends after it closes.`,
    remedy: `Give ${name} a longer window in sources.yaml, or let it back up less.`,
  };
};

const byWindow = (demands: readonly Demand[]): ReadonlyMap<string, readonly Demand[]> => {
  const groups = new Map<string, Demand[]>();
  for (const demand of demands) {
    const hours = demand.window === null ? '' : formatWindow(demand.window);
    const group = groups.get(hours);
    if (group === undefined) groups.set(hours, [demand]);
    else group.push(demand);
  }
  return groups;
};

const tooMuch = (hours: string, those: readonly Demand[], places: Places, concurrency: number): readonly Tight[] => {
  const over = those
    .filter(({ source, tooLongFor }) => tooLongFor === null && places.get(source.name)?.fits === false)
    .map(({ source }) => source.name);
  if (over.length === 0) return [];
  const minutes = those.reduce((sum, { minutes, runsADay, periodDays }) => sum + (minutes * runsADay) / periodDays, 0);
  const where = hours === '' ? 'The day' : `The window ${hours}`;
  return [
    {
      sources: over,
      text: `${where} does not hold all that should run in it, ${concurrency} at once: its ${those.length} sources need about ${hoursOf(minutes)} a day, and ${listed(over)} ${over.length === 1 ? 'does' : 'do'} not fit. They run all the same, but later.`,
      remedy: 'Raise concurrency in sources.yaml, widen the window, or let some run less often.',
    },
  ];
};

const thatNight = (nights: readonly Planned[]): readonly Tight[] => {
  const sources = [...new Set(nights.map(({ demand }) => demand.source.name))].sort();
  if (sources.length === 0) return [];
  return [
    {
      sources,
      text: `In the nights to come ${listed(sources)} can not run without meeting others: the clock is changed, or runs of different days fall together.`,
      remedy: 'Nothing has to be done: they wait for their turn. If it comes again, raise concurrency in sources.yaml.',
    },
  ];
};

const hoursOf = (minutes: number): string => {
  const [hours, rest] = [Math.floor(Math.round(minutes) / 60), Math.round(minutes) % 60];
  if (hours === 0) return `${rest} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
};

const listed = (names: readonly string[]): string =>
  names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
