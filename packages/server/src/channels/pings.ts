import type { Report } from '@berth/common/report.ts';
import type { RunOutline } from '../coordinator/reports/outline.ts';
import type { Overview } from '../monitor/overview.ts';
import type { MonitorSettings } from '../monitor/settings.ts';
import type { MonitorState } from '../monitor/state.ts';
import type { Request } from './http.ts';

/** What pings need of the world. */
export interface PingTools {
  readonly request: Request;
  readonly state: Pick<MonitorState, 'pingedSeq' | 'savePingedSeq'>;
  /** The whole report of a run, for the tail of its log; null where it is no longer kept. */
  readonly report: (source: string, run: string) => Report | null;
  /** UTC milliseconds. */
  readonly nowMs: () => number;
}

/** What is so now. */
export interface PingFacts {
  /** Null while it could not be made. */
  readonly overview: Overview | null;
  /** The runs that hold a lease. */
  readonly leases: readonly { readonly source: string; readonly run: string; readonly grantedAtMs: number }[];
  /** The runs whose reports came after `state.pingedSeq()`, ascending; while that is null, the newest one will do. */
  readonly runs: readonly { readonly seq: number; readonly source: string; readonly outline: RunOutline }[];
}

/** Tells dead man's switches what begins, how it ended, and that the server goes on. Nothing waits for it. */
export class Pings {
  constructor(_tools: PingTools) {}
  /** Takes new settings; what waits for a target that is gone is dropped. */
  apply(_settings: Pick<MonitorSettings, 'ping' | 'sources'>): void {}
  /** Looks at what is so now, and pings what has to be. Returns at once, never throws. Call it whenever something changed, and every few seconds. */
  look(_facts: PingFacts): void {}
  /** Targets that did not take their last ping: the channels named `ping: NAME`, as in `settings.broken`. */
  troubles(): readonly { readonly name: string; readonly text: string; readonly remedy: string }[] {
    return [];
  }
  /** Stops: what is under way is cut off. */
  close(): void {}
}
