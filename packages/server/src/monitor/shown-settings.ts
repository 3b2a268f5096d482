import type { ChannelSettings } from '../channels/settings.ts';
import type { ShownSettings } from '../page/page.ts';
import { hostIn } from '../sources/service-url.ts';
import type { MonitorSettings, PageSettings } from './settings.ts';

/** The settings as the page may show them: no secret, and of each URL its host alone. */
export const shownSettings = (settings: MonitorSettings): ShownSettings => {
  const { serverName, timeZone, concurrency, digest, alerts, broken, channels, page, ping, sources } = settings;
  const pings = [{ source: null, ping }, ...sources.map(({ name, ping }) => ({ source: name, ping }))];
  return {
    ...{ serverName, timeZone, concurrency, digest, alerts, broken },
    channels: channels.map((channel) => {
      const { name, type, alerts, digest } = channel;
      return { name, type, alerts, digest, to: whereTo(channel) };
    }),
    page: page === null ? null : pageWord(page),
    pings: pings.flatMap(({ source, ping }) =>
      ping === null ? [] : [{ source, type: ping.type, host: hostIn(ping.url) }],
    ),
  };
};

const whereTo = (channel: ChannelSettings): string => {
  switch (channel.type) {
    case 'email':
      return channel.to.join(', ');
    case 'matrix':
      return `${channel.room} at ${hostIn(channel.url)}`;
    case 'telegram':
      return `${channel.chat} at ${hostIn(channel.url)}`;
    default:
      return hostIn(channel.url);
  }
};

const pageWord = ({ address, port }: PageSettings): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
