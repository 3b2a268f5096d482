import { isDeepStrictEqual } from 'node:util';
import { type Change, changeOf } from './change.ts';
import type { Channel, People } from './people.ts';

/** What became of whom to tell, and when. */
export interface PeopleChanges {
  readonly serverName: Change<People['serverName']> | null;
  readonly pageUrl: Change<People['pageUrl']> | null;
  readonly digestAt: Change<number> | null;
  readonly quiet: Change<People['alerts']['quiet']> | null;
  readonly remindMs: Change<People['alerts']['remindMs']> | null;
  readonly page: Change<People['page']> | null;
  readonly ping: Change<People['ping']> | null;
  readonly channelsAdded: readonly Channel[];
  readonly channelsRemoved: readonly Channel[];
  /** Those of one name that differ. */
  readonly channelsChanged: readonly Change<Channel>[];
}

/** Compares; null where nothing changes. The order of channels means nothing. */
export const diffPeople = (previous: People, next: People): PeopleChanges | null => {
  if (isDeepStrictEqual(byName(previous), byName(next))) return null;
  const before = new Map(previous.channels.map((channel) => [channel.name, channel]));
  const names = new Set(next.channels.map(({ name }) => name));
  return {
    serverName: changeOf(previous.serverName, next.serverName),
    pageUrl: changeOf(previous.pageUrl, next.pageUrl),
    digestAt: changeOf(previous.digest.at, next.digest.at),
    quiet: changeOf(previous.alerts.quiet, next.alerts.quiet),
    remindMs: changeOf(previous.alerts.remindMs, next.alerts.remindMs),
    page: changeOf(previous.page, next.page),
    ping: changeOf(previous.ping, next.ping),
    channelsAdded: next.channels.filter(({ name }) => !before.has(name)),
    channelsRemoved: previous.channels.filter(({ name }) => !names.has(name)),
    channelsChanged: next.channels.flatMap((to) => {
      const from = before.get(to.name);
      return from === undefined || isDeepStrictEqual(from, to) ? [] : [{ from, to }];
    }),
  };
};

const byName = ({ channels, ...others }: People) => ({
  ...others,
  channels: new Map(channels.map((channel) => [channel.name, channel])),
});
