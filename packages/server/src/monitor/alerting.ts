import type { Alert } from '../alerts/alert.ts';
import { decide } from '../alerts/decide.ts';
import type { Message } from '../channels/channel.ts';
import type { Condition } from '../events/condition.ts';
import type { MonitorSettings } from './settings.ts';
import type { MonitorState } from './state.ts';

export interface AlertingOptions {
  readonly state: Pick<MonitorState, 'alerts' | 'saveAlerts'>;
  /** Takes what people are to be told. */
  readonly push: (message: Message) => void;
  /** UTC milliseconds. */
  readonly nowMs: () => number;
}

/** Tells people of what is wrong: alerts/decide.ts says what and when. */
export class Alerting {
  readonly #options: AlertingOptions;
  #alerts: readonly Alert[];

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#alerts = options.state.alerts();
  }

  /** Looks at all that is so now. */
  look(
    conditions: readonly Condition[],
    { alerts, timeZone, pageUrl }: Pick<MonitorSettings, 'alerts' | 'timeZone' | 'pageUrl'>,
  ): void {
    const { state, push, nowMs } = this.#options;
    const decided = decide({ alerts: this.#alerts, conditions, ...alerts, timeZone, pageUrl, nowMs: nowMs() });
    // Before it is kept that they were told: killed in between, people are told twice rather than never.
    for (const message of decided.messages) push(message);
    this.#alerts = decided.alerts;
    if (decided.changed) state.saveAlerts(decided.alerts);
  }
}
