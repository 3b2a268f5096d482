import type { Finding } from '@berth/common/yaml/finding.ts';
import type { Locate } from '@berth/common/yaml/load.ts';
import type { Ping } from './people.ts';
import type { ServerConfig } from './source.ts';

interface Context {
  readonly file: string;
  readonly locate: Locate;
}

/** One switch that several press raises no alarm while one of them still does. */
export const sharedPings = ({ sources, settings }: ServerConfig, { file, locate }: Context): readonly Finding[] => {
  const all = [
    { owner: 'the server', path: ['server', 'ping'], ping: settings.people.ping },
    ...sources.map(({ name, ping }) => ({ owner: `"${name}"`, path: ['sources', name, 'ping'], ping })),
  ];
  const seen = new Map<string, (typeof all)[number]>();
  return all.flatMap((one): readonly Finding[] => {
    if (one.ping === null) return [];
    const target = targetOf(one.ping);
    const first = seen.get(target);
    if (first === undefined) {
      seen.set(target, one);
      return [];
    }
    const line = locate(first.path, 'key').line;
    const message = `this ping already belongs to ${first.owner} (line ${line})`;
    const remedy = 'Make one for each: with a common one, the silence of one goes unnoticed.';
    return [{ file, ...locate(one.path, 'key'), code: 'shared-ping', message, remedy }];
  });
};

const targetOf = ({ from }: Ping): string => ('url' in from ? `url ${from.url}` : `file ${from.urlFile}`);

/** It works, and whoever is on the way reads along. */
export const clearMail = ({ settings }: ServerConfig, { file, locate }: Context): readonly Finding[] =>
  settings.people.channels.flatMap((channel): readonly Finding[] => {
    if (channel.type !== 'email' || channel.tls !== 'none' || /^(localhost$|127\.|::1$)/.test(channel.host)) return [];
    const message = `"${channel.name}" sends mail to ${channel.host} without TLS: whoever is on the way reads it`;
    const remedy = 'Write tls: starttls, if that server can.';
    return [
      { file, ...locate(['channels', channel.name, 'tls'], 'value'), code: 'mail-in-the-clear', message, remedy },
    ];
  });
