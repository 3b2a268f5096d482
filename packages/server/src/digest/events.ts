import type { ConditionEvent, Severity } from '../events/condition.ts';
import { mostEvents } from '../monitor/link.ts';
import type { EventStory } from './model.ts';
import { rankOf, titleOf } from './titles.ts';
import { count, plain, span } from './words.ts';

/** Whether there may have been more than these: a condition that comes and goes every minute has 2,880 a day. */
export const areCut = (events: readonly ConditionEvent[]): boolean => events.length >= mostEvents;

/** What happened, what is still so first, and the loudest of it first: one line for all events of one code and source. */
export const eventStories = (
  events: readonly ConditionEvent[],
  nowMs: number,
  isCut = areCut(events),
): readonly EventStory[] => {
  const groups = new Map<string, ConditionEvent[]>();
  for (const event of events) {
    const key = `${event.code} ${event.source ?? ''}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [event]);
    else group.push(event);
  }
  return [...groups.values()]
    .map((group) => ({ group, severity: worst(group), code: group[0]?.code ?? '' }))
    .sort(
      (a, b) =>
        Number(isOpen(b.group)) - Number(isOpen(a.group)) ||
        loudness[b.severity] - loudness[a.severity] ||
        rankOf(a.code) - rankOf(b.code),
    )
    .map(({ group, severity, code }) => ({
      tone: isOpen(group) ? severity : ('good' as const),
      state: isOpen(group) ? 'still so' : 'over',
      title: titleOf(code, group[0]?.source == null ? [] : [plain(group[0].source, 80)]),
      words: wordsOf(group, nowMs, isCut),
    }));
};

const loudness: Readonly<Record<Severity, number>> = { notice: 0, warning: 1, critical: 2 };

const worst = (group: readonly ConditionEvent[]): Severity =>
  group.reduce<Severity>(
    (loudest, { severity }) => (loudness[severity] > loudness[loudest] ? severity : loudest),
    'notice',
  );

/** Whether any of them is still so: one code may be about several objects of a source. */
const isOpen = (group: readonly ConditionEvent[]): boolean => {
  const last = new Map(group.map(({ key, event }) => [key, event]));
  return [...last.values()].some((event) => event !== 'resolved');
};

const wordsOf = (group: readonly ConditionEvent[], nowMs: number, isCut: boolean): string => {
  const since = new Map<string, number>();
  let [raised, overMs] = [0, 0];
  for (const { event, key, at, openMs } of group) {
    if (event === 'raised') raised += 1;
    if (event === 'resolved') {
      since.delete(key);
      overMs += openMs;
    } else since.set(key, Date.parse(at) - openMs);
  }
  const openMs = [...since.values()].reduce((sum, sinceMs) => sum + Math.max(0, nowMs - sinceMs), 0);
  const atLeast = isCut ? 'at least ' : '';
  if (raised > 1) return `raised ${atLeast}${count(raised, 'time')}, ${atLeast}${span(overMs + openMs)} in all`;
  if (since.size === 0) return `it lasted ${span(overMs)}`;
  if (raised === 1) return `for ${span(openMs)}`;
  return group.some(({ event }) => event === 'worse') ? 'got worse' : 'got better, but is not over';
};
