import { ChannelError } from './channel.ts';
import type { WebAnswer } from './http.ts';
import { oneLine } from './text.ts';

/** Whose answer it is, for the words. */
export interface Service {
  /** `ntfy at ntfy.sh`. */
  readonly name: string;
  /** What to do when it knows neither us nor the place: a token, a URL. */
  readonly remedy: string;
  /** What must not stand in an error, whoever says it: tokens, URLs that are secrets. */
  readonly secrets: readonly string[];
  /** When it asks to be left alone by its body instead of a header: milliseconds. */
  readonly waitOf?: (body: string) => number | null;
}

/**
 * Takes an answer of 200 to 299 as a delivery and throws a ChannelError for any other. Final where trying the same again is no use:
 * a redirect (it is not followed), an unknown token or place, a message it does not take. Not final: too many requests, with the time
 * the service asked for, and its own troubles.
 */
export const accept = ({ status, headers, body }: WebAnswer, service: Service, nowMs: number): void => {
  if (status >= 200 && status < 300) return;
  const words = wordsOf(body, service.secrets);
  const answered = `${service.name} answered ${status}${words === '' ? '' : `: ${words}`}`;
  const error = (happened: string, isFinal: boolean, remedy: string, retryAfterMs: number | null = null) =>
    new ChannelError(`${happened}${/[.!?…]$/.test(happened) ? '' : '.'}`, { isFinal, remedy, retryAfterMs });
  if (status >= 300 && status < 400) {
    const elsewhere = 'Write the URL that it leads to, if that is where messages should go.';
    throw error(`${service.name} answered ${status}: go elsewhere. That is not followed`, true, elsewhere);
  }
  if (status === 401 || status === 403 || status === 404 || status === 410) throw error(answered, true, service.remedy);
  const waitMs = service.waitOf?.(body) ?? retryAfterMs(headers['retry-after'] ?? null, nowMs);
  if (status === 429) throw error(answered, false, 'Nothing: it is tried again when the service allows it.', waitMs);
  if (status === 408 || status === 425 || status >= 500)
    throw error(answered, false, `Nothing, unless it stays so: it is tried again.`, waitMs);
  throw error(answered, true, `See what it says, and its URL in sources.yaml. ${service.remedy}`);
};

const longestWaitMs = 24 * 3_600_000;

/** Milliseconds from a `Retry-After` header: seconds or a date (RFC 9110, section 10.2.3); at most a day. Null for none and nonsense. */
export const retryAfterMs = (header: string | null, nowMs: number): number | null => {
  if (header === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, Math.ceil(ms)), longestWaitMs);
};

/** The service's own words: short, printable, and none at all where it says a secret back to us. */
const wordsOf = (body: string, secrets: readonly string[]): string => {
  const words = oneLine(body.slice(0, 2000));
  if (words.startsWith('<') || saysSecret(body, secrets)) return '';
  return words.length > 200 ? `${words.slice(0, 199)}…` : words;
};

/** Whether a text holds a secret, in any of the spellings in which it travels. */
export const saysSecret = (text: string, secrets: readonly string[]): boolean =>
  secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [
      ...[secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
      ...['base64', 'base64url', 'hex'].map((how) =>
        Buffer.from(secret)
          .toString(how as BufferEncoding)
          .replace(/=+$/, ''),
      ),
    ])
    .some((spelling) => text.includes(spelling));

/** What of a URL must not be said: all of it but the host, as it is written and as a service reads it. */
export const secretsOf = (url: string): readonly string[] => {
  const parsed = URL.parse(url);
  if (parsed === null) return [url];
  const { pathname, search, searchParams } = parsed;
  const [username, password] = [decoded(parsed.username), decoded(parsed.password)];
  // As Basic has it: in base64 the two together are other letters than each alone.
  const login = password === '' ? '' : `${username}:${password}`;
  const parts = [...pathname.split('/').flatMap((part) => [part, decoded(part)]), ...searchParams.values()];
  return [
    ...[url, ...[pathname, search].filter((it) => it.length > 1), ...parts.filter((part) => part.length >= 8)],
    ...[parsed.username, parsed.password, username, password, login].filter(Boolean),
  ];
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
