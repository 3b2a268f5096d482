/** Whether something that lives until `untilMs` is over. */
export const isOver = (untilMs: number, nowMs: number): boolean => nowMs >= untilMs;
