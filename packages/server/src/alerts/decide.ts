import type { Message } from '../channels/channel.ts';
import type { Condition } from '../events/condition.ts';
import type { Alert } from './alert.ts';

/** What is decided from. */
export interface Situation {
  /** As the last decision left them. */
  readonly alerts: readonly Alert[];
  /** All that is so now. */
  readonly conditions: readonly Condition[];
  /** Minutes after midnight; null for no quiet hours. */
  readonly quiet: { readonly from: number; readonly to: number } | null;
  /** IANA name. */
  readonly timeZone: string;
  /** After how long people are told again of what stays so. */
  readonly remindMs: number;
  /** Where people look; null where there is no page. */
  readonly pageUrl: string | null;
  /** UTC milliseconds. */
  readonly nowMs: number;
}

/** What is to be kept and to be told. */
export interface Decision {
  readonly alerts: readonly Alert[];
  /** For the outbox, in order, before `alerts` are saved: told twice is better than not at all, and it knows a message by its id. */
  readonly messages: readonly Message[];
  /** Whether `alerts` are worth saving: they always differ a little. */
  readonly changed: boolean;
}

/**
 * What people are to be told now. Asked whenever the conditions have changed, and once a second or so, for deadlines; asked more often
 * or after a restart it says the same.
 */
export const decide = ({ alerts }: Situation): Decision => ({ alerts, messages: [], changed: false });
