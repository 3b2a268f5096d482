/** Whether something that lives until `untilMs` is over. */
export const isOver = (untilMs: number, nowMs: number): boolean => nowMs >= untilMs;

/** What began and ends a while apart, after the clock was set: it has as much time as before. */
export const moved = <Field extends string, Live extends { readonly [Name in Field]: number }>(
  live: Live | null,
  jumpMs: number,
  fields: readonly Field[],
): Live | null =>
  live === null ? null : { ...live, ...Object.fromEntries(fields.map((field) => [field, live[field] + jumpMs])) };
