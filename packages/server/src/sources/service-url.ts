import { isIP } from 'node:net';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { kindOfAddress } from '../channels/addresses.ts';
import type { ChannelType, PingSettings } from '../channels/settings.ts';

/** What has a URL. */
export type Service = Exclude<ChannelType, 'email'> | PingSettings['type'];

/**
 * The URL of a service as we use it. What is wrong with one never quotes more than its host: it may be a secret, and findings are
 * printed, logged and shown. `allowPrivate` says whether it may be in a private network, and so without TLS; `isSecret`, that it stands
 * in a file of its own and may hold a password.
 */
export const parseServiceUrl = (
  text: string,
  service: Service,
  allowPrivate: boolean,
  isSecret = false,
): Parsed<string> => {
  const parsed = parseWebUrl(text, exampleUrls[service], isSecret);
  if (!parsed.ok) return parsed;
  const place = misplaced(parsed.value, service, allowPrivate);
  return place ?? shapes[service]?.(parsed.value) ?? accepted(parsed.value.href);
};

/** Where people reach the page: only for links, so any network will do. */
export const parsePageUrl = (text: string): Parsed<string> => {
  const parsed = parseWebUrl(text, 'page_url: https://berth.example.org');
  if (!parsed.ok) return parsed;
  if (parsed.value.search === '') return accepted(withoutSlash(parsed.value));
  return refused('url', 'this URL goes on with ?', 'Write it as far as the ?.');
};

/** The name of the host in a URL that was read: what people are shown of it. */
export const hostIn = (url: string): string => new URL(url).host;

/** What the URL of each looks like. */
export const exampleUrls: Readonly<Record<Service, string>> = {
  ntfy: 'https://ntfy.sh/TOPIC',
  gotify: 'https://gotify.example.org',
  slack: 'https://hooks.slack.com/services/…',
  discord: 'https://discord.com/api/webhooks/…',
  matrix: 'https://matrix.example.org',
  telegram: 'https://api.telegram.org',
  webhook: 'https://example.org/hook',
  healthchecks: 'https://hc-ping.com/UUID',
  'uptime-kuma': 'https://kuma.example.org/api/push/TOKEN',
};

/** A URL of http or https, whatever it leads to. `example` is a whole one, for the remedy. */
export const parseWebUrl = (text: string, example: string, isSecret = false): Parsed<URL> => {
  const remedy = `Write a whole URL, for example ${example}`;
  if (text === '') return refused('url', 'the URL is empty', remedy);
  if (/[\s\p{C}]/u.test(text))
    return refused('url', 'there is a space or a line break in this URL', 'Write it without.');
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text) || text.length > 2000) {
    const host = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? 'only http and https are spoken' : remedy;
    return refused('url', 'this is no URL of the web', host === remedy ? remedy : `${remedy}: ${host}.`);
  }
  const url = new URL(text);
  if (!isSecret && (url.username !== '' || url.password !== '')) {
    const instead =
      'Write the URL without what stands before the @, and secrets into files: docs/sources.md shows token_file and url_file.';
    return refused('secret-in-url', 'there is a user or a password in this URL', instead);
  }
  if (url.hash !== '') return refused('url', 'this URL goes on with #', 'Write it as far as the #.');
  return accepted(url);
};

/** What goes to a private network says so, and what goes through the internet is encrypted. */
const misplaced = (url: URL, service: Service, allowPrivate: boolean): Parsed<never> | null => {
  const host = quoted(url.hostname);
  const isHere = isPrivateHost(url.hostname);
  if (isHere && !allowPrivate) {
    const remedy = 'If this is meant, add allow_private: true beside it.';
    return refused('private-address', `${host} is in a private network`, remedy);
  }
  if (url.protocol === 'https:' || isHere) return null;
  if (!allowPrivate || isPublicHost(url.hostname)) {
    const what = service === 'webhook' ? 'what it says' : 'its secret';
    const remedy = isPublicHost(url.hostname)
      ? 'Write https:// instead.'
      : 'Write https:// instead; for a server in your own network add allow_private: true beside it.';
    return refused('url-in-the-clear', `http:// sends ${what} through the internet in the clear`, remedy);
  }
  return null;
};

/** For sure: an address that is not public, or this machine. Where a name leads is seen when it is used (channels/http.ts). */
const isPrivateHost = (hostname: string): boolean => {
  const address = bare(hostname);
  if (isIP(address) !== 0) return kindOfAddress(address) !== 'public';
  return /(^|\.)localhost\.?$/.test(address);
};

/** For sure: an address that is public, or the name of a service that everybody knows. */
export const isPublicHost = (hostname: string): boolean => {
  const address = bare(hostname);
  if (isIP(address) !== 0) return kindOfAddress(address) === 'public';
  return /(^|\.)(ntfy\.sh|slack\.com|discord(app)?\.com|telegram\.org|hc-ping\.com|healthchecks\.io|matrix\.org)$/.test(
    address,
  );
};

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/** Of a server alone, behind which we write the rest. People paste what they have tried with curl, token included. */
const serverAlone =
  (path: RegExp) =>
  (url: URL): Parsed<string> => {
    if (url.search === '' && !path.test(url.pathname)) return accepted(withoutSlash(url));
    const remedy = `Write the server alone, ${url.origin}, and the token into the token_file.`;
    return refused('secret-in-url', 'this URL goes on behind the server, maybe with a token', remedy);
  };

/** Why a URL can not be that of its service; a URL where another one was clearly meant. */
const shapes: Readonly<Partial<Record<Service, (url: URL) => Parsed<string> | null>>> = {
  // https://docs.ntfy.sh/publish/: letters, digits, _ and -, at most 64.
  ntfy: (url) => {
    const topic = url.pathname.replace(/^\/|\/$/g, '');
    if (/^[-_A-Za-z0-9]{1,64}$/.test(topic) && url.search === '') return accepted(withoutSlash(url));
    const remedy = `Write https://${url.host}/TOPIC, and for TOPIC a word nobody guesses: letters, digits, - and _.`;
    return refused('url', topic === '' ? 'this URL names no topic' : 'this URL names no topic that ntfy knows', remedy);
  },
  slack: (url) =>
    url.pathname === '/'
      ? refused('url', 'this is not a URL to write to', `Take the whole "Webhook URL": ${exampleUrls.slack}`)
      : null,
  discord: (url) =>
    url.pathname === '/' || /^\/channels\//.test(url.pathname)
      ? refused(
          'url',
          'this is not a URL to write to',
          `Take the one behind "Copy Webhook URL": ${exampleUrls.discord}`,
        )
      : null,
  // https://gotify.net/docs/pushmsg, https://spec.matrix.org/latest/client-server-api/, https://core.telegram.org/bots/api
  gotify: serverAlone(/\/message\/?$/),
  matrix: serverAlone(/\/_matrix\//),
  telegram: serverAlone(/\/bot/),
  // https://healthchecks.io/docs/http_api/: a UUID, or a ping key and a slug; what it is told follows behind them.
  healthchecks: (url) => {
    const extra = /\/[0-9a-f-]{36}\/(start|fail|log|\d{1,3})\/?$/i.exec(url.pathname)?.[1];
    if (url.pathname === '/')
      return refused('url', 'this URL names no check', `Write all of it: ${exampleUrls.healthchecks}`);
    if (extra === undefined) return accepted(withoutSlash(url));
    return refused('url', `this URL ends with /${extra}`, `Write it without /${extra}: that is added where it is due.`);
  },
  // Shown there as …/api/push/TOKEN?status=up&msg=OK&ping=: what it is told stands behind the ?.
  'uptime-kuma': (url) => {
    if (!/\/api\/push\/[^/]+\/?$/.test(url.pathname)) {
      const remedy = `Take the "Push URL" of a monitor of the type Push: ${exampleUrls['uptime-kuma']}`;
      return refused('url', 'this is no push URL', remedy);
    }
    return accepted(withoutSlash(new URL(url.pathname, url)));
  },
};

/** So that a path can be put behind it. */
const withoutSlash = (url: URL): string => url.href.replace(/\/+$/, '');
