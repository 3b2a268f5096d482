const dayMs = 86_400_000;

/** A day of the calendar as people and files name it, `2026-11-14`; `day` counts from 1970-01-01. */
export const nameOfDay = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10);

/** The other way; NaN for what is no day. */
export const dayOfName = (name: string): number => Date.parse(`${name}T00:00:00Z`) / dayMs;
