import { type ConditionEvent, decide, type Word } from './condition.ts';
import { exclusively } from './exclusive.ts';
import { appendEvents, readConditions, takeConditions, writeConditions } from './files.ts';

/**
 * Records what became of conditions, and answers with the events that it was. Whoever finds the same state again
 * changes nothing and waits for nobody. Throws `events-locked` and the disk's errors; then what is so has to be said
 * again.
 */
export const recordConditions = async (
  dataDir: string,
  words: readonly Word[],
  at: number,
): Promise<readonly ConditionEvent[]> => {
  if (!decide(readConditions(dataDir), words, at).changed) return [];
  return exclusively(dataDir, () => {
    const { open, aside } = takeConditions(dataDir);
    const decided = decide(open, aside === null ? words : [...words, { raise: brokenFile(aside) }], at);
    // The history first: cut off between the two, an event is told twice rather than never.
    appendEvents(dataDir, decided.events);
    if (decided.changed) writeConditions(dataDir, decided.open);
    return decided.events;
  });
};

const brokenFile = (aside: string) =>
  ({
    code: 'file-broken',
    source: null,
    subject: 'conditions.json',
    severity: 'warning',
    text: `What was open could not be read, and begins anew; the broken file is ${aside}.`,
    remedy: 'Look at the disk. Once you have seen it: berth-server events --dismiss file-broken::conditions.json',
  }) as const;
