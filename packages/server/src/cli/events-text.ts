import { styleText } from 'node:util';
import type { Condition, ConditionEvent, Severity } from '../events/condition.ts';
import { forHowLong } from '../status/age.ts';
import { localTime } from './local-time.ts';

const paint = (severity: Severity, text: string): string => {
  const colour = { notice: 'green', warning: 'yellow', critical: 'red' } as const;
  return styleText(colour[severity], text, { stream: process.stdout });
};

/** What is so, one after another, the gravest first; each with its key and what to do. */
export const conditionLines = (open: readonly Condition[], now: number): readonly string[] =>
  sorted(open).flatMap((condition) => [
    `${paint(condition.severity, condition.severity.toUpperCase())}${whose(condition)}: ${condition.text}`,
    `  ${condition.remedy}`,
    `  since ${localTime(Date.parse(condition.since))}, ${forHowLong(now - Date.parse(condition.since))}; key ${condition.key}`,
  ]);

/** One event a line, as they happened. */
export const eventLines = (events: readonly ConditionEvent[]): readonly string[] =>
  events.map((event) => {
    const what = event.event === 'resolved' ? `resolved after ${forHowLong(event.openMs)}` : event.event;
    const text = event.event === 'resolved' ? event.key : event.text;
    return `${localTime(Date.parse(event.at))}  ${event.severity}${whose(event)}, ${what}: ${text}`;
  });

const whose = ({ source }: { readonly source: string | null }): string => (source === null ? '' : ` ${source}`);

const order: readonly Severity[] = ['critical', 'warning', 'notice'];

const sorted = (open: readonly Condition[]): readonly Condition[] =>
  open.toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
