import type { Seq } from '../seq.ts';

/** A record's place and its effective time, UTC milliseconds. */
export interface Spot {
  readonly seq: Seq;
  readonly at: number;
}

/** Changes are kept by the minute, so that a day of them is 1,440 entries however many objects a wipe removes. */
const grainMs = 60_000;
const isSameGrain = (one: number, other: number): boolean => Math.floor(one / grainMs) === Math.floor(other / grainMs);

/** What was added within a span of time up to now. All times come in order. */
export interface Sum {
  readonly add: (at: number, amount: number) => void;
  readonly within: (at: number) => number;
  readonly clear: () => void;
}

export const sumOver = (spanMs: number): Sum => {
  let entries: { readonly at: number; amount: number }[] = [];
  let total = 0;
  const within: Sum['within'] = (at) => {
    for (let oldest = entries[0]; oldest !== undefined && oldest.at <= at - spanMs; oldest = entries[0]) {
      total -= oldest.amount;
      entries.shift();
    }
    return total;
  };
  return {
    add: (at, amount) => {
      within(at);
      total += amount;
      const last = entries.at(-1);
      if (last !== undefined && isSameGrain(last.at, at)) last.amount += amount;
      else entries.push({ at, amount });
    },
    within,
    clear: () => {
      entries = [];
      total = 0;
    },
  };
};

/** How much there was of something during a span of time up to now. All times come in order. */
export interface Level {
  readonly set: (at: number, value: number) => void;
  readonly now: () => number;
  /** The most there was at any moment of the span, its first included. */
  readonly highest: (at: number) => number;
  /** What there was when the span began. */
  readonly atStart: (at: number) => number;
  /** As if there had always been what there is now. */
  readonly clear: () => void;
}

export const levelOver = (spanMs: number): Level => {
  let value = 0;
  /** Values that ended, each lower than those before it: the first is the highest that stood within the span. */
  let ended: { readonly value: number; until: number }[] = [];
  /** What there was before the first change of each minute. */
  let starts: { readonly at: number; readonly before: number }[] = [];

  const forget = (at: number): void => {
    while ((ended[0]?.until ?? at) <= at - spanMs) ended.shift();
    while ((starts[0]?.at ?? at) <= at - spanMs) starts.shift();
  };
  const end = (at: number): void => {
    while ((ended.at(-1)?.value ?? Number.POSITIVE_INFINITY) <= value) ended.pop();
    const lowest = ended.at(-1);
    if (lowest !== undefined && isSameGrain(lowest.until, at)) lowest.until = at;
    else ended.push({ value, until: at });
  };
  return {
    set: (at, next) => {
      forget(at);
      end(at);
      if (!isSameGrain(starts.at(-1)?.at ?? Number.NEGATIVE_INFINITY, at)) starts.push({ at, before: value });
      value = next;
    },
    now: () => value,
    highest: (at) => {
      forget(at);
      return Math.max(value, ended[0]?.value ?? value);
    },
    atStart: (at) => {
      forget(at);
      return starts[0]?.before ?? value;
    },
    clear: () => {
      ended = [];
      starts = [];
    },
  };
};
