import { nobodyToTell, type People } from './people.ts';
import type { WrittenSources } from './schema.ts';

/** Whom to tell: what is written, with every default filled in. */
export const peopleOf = (written: WrittenSources): People => {
  const { server, digest, alerts, channels, page } = written;
  const usual = nobodyToTell;
  return {
    serverName: server?.name ?? usual.serverName,
    pageUrl: server?.page_url ?? usual.pageUrl,
    digest: { at: digest?.at ?? usual.digest.at },
    alerts: { quiet: alerts?.quiet ?? usual.alerts.quiet, remindMs: alerts?.remind ?? usual.alerts.remindMs },
    channels: Object.entries(channels ?? {}).map(([name, channel]) => ({ name, ...channel })),
    page: page === undefined ? usual.page : page,
    ping: server?.ping ?? null,
  };
};
