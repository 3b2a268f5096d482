import type { ChannelSettings, PingSettings } from '../channels/settings.ts';
import type { ShownSettings } from '../page/page.ts';
import type { MonitorSettings } from './settings.ts';

/** The settings without anything that is a secret, for whoever may see the page. `page` is where it is. */
export const shownSettings = (settings: MonitorSettings, page: string | null): ShownSettings => {
  const { serverName, timeZone, concurrency, digest, alerts, broken, channels, ping, sources } = settings;
  const pings = [{ name: null, ping }, ...sources].flatMap(({ name, ping: its }) =>
    its === null ? [] : [shownPing(name, its)],
  );
  return {
    ...{ serverName, timeZone, concurrency, digest, alerts, broken, page, pings },
    channels: channels.map((channel) => ({
      ...{ name: channel.name, type: channel.type, alerts: channel.alerts, digest: channel.digest },
      to: placeOf(channel),
    })),
  };
};

const shownPing = (source: string | null, { type, url }: PingSettings): ShownSettings['pings'][number] => ({
  ...{ source, type, host: hostOf(url) },
});

/** Never more of a URL than its host: the rest may be the secret. */
const placeOf = (channel: ChannelSettings): string =>
  channel.type === 'email' ? channel.to.join(', ') : hostOf(channel.url);

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : '');
