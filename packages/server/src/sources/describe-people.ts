import { formatDuration } from '@berth/common/duration.ts';
import { formatClock } from '../coordinator/plan/clock-time.ts';
import { formatWindow } from '../coordinator/plan/window.ts';
import { type Change, said } from './change.ts';
import type { PeopleChanges } from './diff-people.ts';
import type { Channel, Page, Ping, UrlFrom } from './people.ts';
import { hostIn } from './service-url.ts';

/** What changes of whom to tell, one effect a line. Of a URL only its host is said: the rest may be a secret. */
export const describePeople = (changes: PeopleChanges): readonly string[] => [
  ...changes.channelsAdded.map((channel) => `+ channel ${channel.name}: ${channelWord(channel)}`),
  ...changes.channelsRemoved.map(({ name }) => `- channel ${name}: nothing is sent there any more`),
  ...changes.channelsChanged.flatMap(describeChannel),
  ...said('server name', changes.serverName, (name) => name ?? 'of the host'),
  ...said('page_url', changes.pageUrl, (url) => url ?? 'none'),
  ...said('digest at', changes.digestAt, formatClock),
  ...said('quiet hours', changes.quiet, (quiet) => (quiet === null ? 'none' : formatWindow(quiet))),
  ...said('remind', changes.remindMs, formatDuration),
  ...said('page', changes.page, pageWord),
  ...describePing('ping', changes.ping),
];

/** What changes of a ping, in one line that says which of two at one host it is not. */
export const describePing = (what: string, change: Change<Ping | null> | null): readonly string[] => {
  const [line] = said(what, change, pingWord);
  if (line === undefined || change === null) return [];
  const isSame = pingWord(change.from) === pingWord(change.to);
  return isSame ? [`~ ${what} another URL of ${pingWord(change.to)}`] : [line];
};

/** `healthchecks at hc-ping.com`. */
export const pingWord = (ping: Ping | null): string =>
  ping === null ? 'none' : `${ping.type} ${placeWord(ping.from)}`;

/** `at ntfy.sh`, or where it stands. */
const placeWord = (from: UrlFrom): string => ('url' in from ? `at ${hostIn(from.url)}` : `as ${from.urlFile} says`);

/** What goes where: `ntfy at ntfy.sh, alerts from warning on`. */
const channelWord = (channel: Channel): string => {
  const place = channel.type === 'email' ? `to ${channel.to.join(', ')} by ${channel.host}` : placeWord(channel.from);
  const heard = channel.alerts === 'none' ? 'no alerts' : `alerts from ${channel.alerts} on`;
  return `${channel.type} ${place}, ${heard}${channel.digest ? ', the digest' : ''}`;
};

const describeChannel = ({ from, to }: Change<Channel>): readonly string[] => {
  const what = `~ channel ${to.name}:`;
  if (from.type !== to.type) return [`${what} ${channelWord(from)} -> ${channelWord(to)}`];
  const before = partsOf(from);
  return [...partsOf(to)].flatMap(([key, part]) => {
    const known = before.get(key);
    if (known === undefined || known.value === part.value) return [];
    return [
      known.word === part.word
        ? `${what} ${key} ${part.word}, another one`
        : `${what} ${key} ${known.word} -> ${part.word}`,
    ];
  });
};

/** What a channel says, by its words in the file: how it is said to people, and what it is compared by. */
const partsOf = (channel: Channel): ReadonlyMap<string, { readonly word: string; readonly value: string }> => {
  const parts = new Map(
    Object.entries(channel).flatMap(([key, value]) => {
      const name = names[key];
      if (name === undefined || (typeof value === 'object' && value !== null)) return [];
      const word = value === null ? 'none' : String(value);
      return [[name, { word, value: word }] as const];
    }),
  );
  if (channel.type === 'email') return parts.set('to', same(channel.to.join(', ')));
  const { from } = channel;
  return parts.set('url', { word: placeWord(from), value: JSON.stringify(from) });
};

const same = (word: string) => ({ word, value: word });

const names: Readonly<Record<string, string>> = {
  ...{ alerts: 'alerts', digest: 'digest', host: 'host', port: 'port', tls: 'tls', user: 'user', sender: 'from' },
  ...{ passwordFile: 'password_file', tokenFile: 'token_file', secretFile: 'secret_file' },
  ...{ room: 'room', chat: 'chat', allowPrivate: 'allow_private' },
};

/** Where it listens, and who is let in. */
const pageWord = (page: Page | null): string => {
  if (page === null) return 'off';
  const { address, port, hosts, passwordFile, proxy } = page;
  return [
    `${address.includes(':') ? `[${address}]` : address}:${port}`,
    ...(hosts.length === 0 ? [] : [`as ${hosts.join(' and ')}`]),
    ...(passwordFile === null ? [] : [`with the password in ${passwordFile}`]),
    ...(proxy === null ? [] : [`by ${proxy.header} from ${proxy.from.join(' and ')}`]),
  ].join(', ');
};
