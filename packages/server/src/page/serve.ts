import type { Logger } from 'pino';
import type { PageSettings } from '../monitor/settings.ts';
import type { PageFacts } from './page.ts';

/** The page that is served. */
export interface ServedPage {
  /** Such as http://127.0.0.1:8480. */
  readonly url: string;
  /** Ends every connection; resolves when the port is free. */
  readonly close: () => Promise<void>;
}

/**
 * Serves the page until it is closed. Throws the Problem `page-port` where the address and port can not be had: another program has them, or
 * they are none of this machine's. `port` 0 takes any that is free.
 */
export const servePage = (_facts: PageFacts, _settings: PageSettings, _log: Logger): Promise<ServedPage> => {
  throw new Error('not yet');
};
