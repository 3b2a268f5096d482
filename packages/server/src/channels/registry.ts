import type { Channel } from './channel.ts';
import type { Request } from './http.ts';
import type { ChannelSettings } from './settings.ts';

/** What channels need of the world. */
export interface ChannelTools {
  /** Guarded HTTP: `guardedRequest()` of http.ts. */
  readonly request: Request;
  /** UTC milliseconds. */
  readonly nowMs: () => number;
  /** Certificates (PEM) to trust beside Node's own ones, for mail servers; none unless said. */
  readonly ca?: string;
}

/** The channel of these settings. Opens nothing: whatever it needs, it opens for each message and closes again. */
export const channelOf = (settings: ChannelSettings, _tools: ChannelTools): Channel => ({
  name: settings.name,
  send: () => Promise.reject(new Error('not built yet')),
});
