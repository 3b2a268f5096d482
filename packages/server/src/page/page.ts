import type { ConditionEvent } from '../events/condition.ts';
import type { History } from '../monitor/history.ts';
import type { ConfigChange, Overview } from '../monitor/overview.ts';
import type { MonitorSettings } from '../monitor/settings.ts';

/** What the page shows. All of it only reads. */
export interface PageFacts {
  /** The newest; null before the first, while the server starts. */
  readonly overview: () => Overview | null;
  /** Of the last two days, the oldest first. */
  readonly events: () => readonly ConditionEvent[];
  readonly changes: () => readonly ConfigChange[];
  /** What sources.yaml says, without its secrets. */
  readonly settings: () => ShownSettings | null;
  readonly history: History;
  /** Calls `listener` whenever any of it has changed, or a minute has gone by (ages grow), at most once a second; returns what ends that. */
  readonly onChange: (listener: () => void) => () => void;
  /** Prometheus's text format: metrics/. */
  readonly metrics: () => Promise<string>;
}

/** The settings that may be shown to whoever may see the page: no secret, and no URL that is one. */
export interface ShownSettings
  extends Pick<MonitorSettings, 'serverName' | 'timeZone' | 'concurrency' | 'digest' | 'alerts' | 'broken'> {
  readonly channels: readonly {
    readonly name: string;
    readonly type: string;
    readonly alerts: string;
    readonly digest: boolean;
    /** Where it goes, such as a mail address or a host name; never a whole URL. */
    readonly to: string;
  }[];
  /** Where the page listens. */
  readonly page: string | null;
  /** Sources that have a ping, and at which host. */
  readonly pings: readonly { readonly source: string | null; readonly type: string; readonly host: string }[];
}
