import { resolve } from 'node:path';
import { type Parsed, refused } from '@berth/common/parsed.ts';
import type { ChannelSettings, PingSettings } from '../channels/settings.ts';
import { formatWindow } from '../coordinator/plan/window.ts';
import { phonePlanOf } from '../ingest/phone-words.ts';
import type { Channel, Page, Ping, UrlFrom } from '../sources/people.ts';
import { parseServiceUrl, type Service } from '../sources/service-url.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import { type ReadSecret, readSecretFile, secretOf } from './secret.ts';
import { type MonitoredSource, type MonitorSettings, type PageSettings, pingName } from './settings.ts';

/** Where secrets are, and what sources.yaml may leave unsaid. */
export interface Surroundings {
  /** The folder of sources.yaml: names of secrets' files are relative to it. */
  readonly folder: string;
  /** What the server is called where the file does not say: `os.hostname()`. */
  readonly hostName: string;
  /** From the disk where it is left out. */
  readonly read?: ReadSecret;
}

/**
 * What the monitor has to know, with the secrets read from their files. Never throws: a channel or ping whose secret can not be read is
 * left out and stands in `broken`, with what to do; so does a page, which is never served without the password it should have. Reads
 * each file once and at most 64 KiB of it, so it may be called again from time to time to see whether a secret has come or changed.
 */
export const settingsOf = (config: ServerConfig, surroundings: Surroundings): MonitorSettings => {
  const { people, timeZone, concurrency } = config.settings;
  const broken: MonitorSettings['broken'] = [];
  const secret: Secret = secretsIn(surroundings);
  const usable = <Value>(kind: Broken['kind'], name: string, tried: Parsed<Value>): Value | null => {
    if (tried.ok) return tried.value;
    broken.push({ kind, name, text: `${capital(tried.message)}.`, remedy: tried.remedy });
    return null;
  };
  const pinged = (source: string | null, ping: Ping | null): PingSettings | null =>
    ping === null ? null : usable('ping', pingName(source), pingOf(ping, secret));
  return {
    serverName: people.serverName ?? surroundings.hostName,
    pageUrl: people.pageUrl,
    ...{ timeZone, concurrency, digest: people.digest, alerts: people.alerts },
    channels: people.channels.flatMap((channel) => {
      const made = usable('channel', channel.name, channelOf(channel, secret));
      return made === null ? [] : [made];
    }),
    broken,
    page: people.page === null ? null : usable('page', 'page', pageOf(people.page, people.pageUrl, secret)),
    ping: pinged(null, people.ping),
    sources: config.sources.map((source) => monitored(source, pinged(source.name, source.ping))),
  };
};

type Broken = MonitorSettings['broken'][number];

/** The secret in the file of that name. */
type Secret = (file: string) => Parsed<string>;

const secretsIn = ({ folder, read = readSecretFile }: Surroundings): Secret => {
  const known = new Map<string, Parsed<string>>();
  return (file) => {
    const path = resolve(folder, file);
    const secret = known.get(path) ?? secretOf(path, read(path));
    known.set(path, secret);
    return secret;
  };
};

const channelOf = (channel: Channel, secret: Secret): Parsed<ChannelSettings> => {
  const { name, alerts, digest } = channel;
  const common = { name, alerts, digest };
  if (channel.type === 'email') {
    const { type, host, port, tls, user, sender, to } = channel;
    const made = { ...common, type, host, port, tls, user, from: sender, to: [...to] };
    return and(optional(channel.passwordFile, secret), (password) => ({ ...made, password }));
  }
  const { type, allowPrivate } = channel;
  const url = urlFrom(channel.from, type, allowPrivate, secret);
  if (!url.ok) return url;
  const web = { ...common, url: url.value, allowPrivate };
  const token = (file: string) => tokenIn(file, secret);
  switch (channel.type) {
    case 'ntfy':
      return and(optional(channel.tokenFile, token), (token) => ({ ...web, type: channel.type, token }));
    case 'gotify':
      return and(token(channel.tokenFile), (token) => ({ ...web, type: channel.type, token }));
    case 'slack':
    case 'discord':
      return { ok: true, value: { ...web, type: channel.type } };
    case 'matrix':
      return and(token(channel.tokenFile), (token) => ({ ...web, type: channel.type, room: channel.room, token }));
    case 'telegram':
      return and(token(channel.tokenFile), (token) => ({ ...web, type: channel.type, chat: channel.chat, token }));
    case 'webhook':
      return and(optional(channel.secretFile, secret), (key) => ({ ...web, type: channel.type, secret: key }));
  }
};

/** A token goes into a header or a path: one word of ASCII, as all services make them. */
const tokenIn = (file: string, secret: Secret): Parsed<string> => {
  const read = secret(file);
  if (!read.ok || /^[!-~]+$/.test(read.value)) return read;
  const message = `${file} holds no token: there is a space in it, or a letter that no token has`;
  return refused('secret-no-token', message, `Write the token alone into ${file}, without a word before it.`);
};

const pingOf = ({ type, from, allowPrivate }: Ping, secret: Secret): Parsed<PingSettings> =>
  and(urlFrom(from, type, allowPrivate, secret), (url) => ({ type, url, allowPrivate }));

/** Who finds the page by `page_url` asks for that host. */
const pageOf = (page: Page, pageUrl: string | null, secret: Secret): Parsed<PageSettings> => {
  const { address, port, proxy } = page;
  const hosts = [...new Set([...page.hosts, ...(pageUrl === null ? [] : [new URL(pageUrl).hostname])])];
  return and(optional(page.passwordFile, secret), (password) => ({
    ...{ address, port, hosts, password },
    proxy: proxy === null ? null : { header: proxy.header, from: [...proxy.from] },
  }));
};

/** A URL that was read from a file is held to what one in sources.yaml is. */
const urlFrom = (from: UrlFrom, service: Service, allowPrivate: boolean, secret: Secret): Parsed<string> => {
  if ('url' in from) return { ok: true, value: from.url };
  const text = secret(from.urlFile);
  if (!text.ok) return text;
  const url = parseServiceUrl(text.value, service, allowPrivate, true);
  return url.ok ? url : { ...url, message: `in ${from.urlFile}: ${url.message}` };
};

const monitored = (source: Source, ping: PingSettings | null): MonitoredSource => {
  const { name, uid, access, immutable, everyMs, overdueAfterMs, window, protectMs, quotaBytes, policy, keys } = source;
  return {
    ...{ name, uid, access, immutable, everyMs, overdueAfterMs, protectMs, quotaBytes, policy, ping },
    window: window === null ? null : formatWindow(window),
    keyFingerprints: keys.map(({ fingerprint }) => fingerprint),
    ingest: phonePlanOf(source),
  };
};

const optional = (file: string | null, secret: Secret): Parsed<string | null> =>
  file === null ? { ok: true, value: null } : secret(file);

const and = <From, To>(parsed: Parsed<From>, next: (value: From) => To): Parsed<To> =>
  parsed.ok ? { ok: true, value: next(parsed.value) } : parsed;

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
