import type { Message } from '../channels/channel.ts';
import { type Condition, keyOf, type Severity } from '../events/condition.ts';
import { type Alert, alertSchema } from './alert.ts';
import { decide, type Situation } from './decide.ts';

/** When the tests begin: a day without quiet hours or a change of the clock. */
export const startMs = Date.parse('2026-11-21T12:00:00Z');

/** Something that is so since `sinceMs`. */
export const conditionOf = (
  code: string,
  source: string | null,
  sinceMs: number,
  change: Partial<Condition> & { readonly subject?: string } = {},
): Condition => {
  const { subject = null, ...rest } = change;
  const since = new Date(sinceMs).toISOString();
  // A code that this version does not know has a key all the same.
  const key = keyOf({ code: 'overdue', source, subject }).replace('overdue', code);
  return {
    ...{ key, code, source, severity: 'warning' as Severity, since, changedAt: since },
    ...{ text: `${source ?? 'It'} has ${code}.`, remedy: `Mend ${code}.` },
    ...rest,
  };
};

/** Decides again and again, as the monitor does; keeps what was told. */
export class Watcher {
  readonly messages: Message[] = [];
  alerts: readonly Alert[] = [];
  readonly #options: Partial<Situation>;

  constructor(options: Partial<Situation> = {}) {
    this.#options = options;
  }

  /** Looks at `nowMs`; returns what people are told then. */
  look(nowMs: number, conditions: readonly Condition[]): readonly Message[] {
    const decision = decide({
      ...{ alerts: this.alerts, conditions, quiet: null, timeZone: 'UTC', remindMs: 86_400_000, pageUrl: null, nowMs },
      ...this.#options,
    });
    this.alerts = decision.alerts;
    this.messages.push(...decision.messages);
    return decision.messages;
  }

  /** The same conditions, looked at every `stepMs` from `fromMs` up to before `toMs`. */
  stay(fromMs: number, toMs: number, conditions: readonly Condition[], stepMs = 60_000): readonly Message[] {
    const before = this.messages.length;
    for (let nowMs = fromMs; nowMs < toMs; nowMs += stepMs) this.look(nowMs, conditions);
    return this.messages.slice(before);
  }

  /** As after a restart: only what was written down. */
  restart(): void {
    this.alerts = alertSchema.array().parse(JSON.parse(JSON.stringify(this.alerts)));
  }
}
