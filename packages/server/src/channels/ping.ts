import { accept, secretsOf } from './answer.ts';
import type { Request, WebRequest } from './http.ts';
import { hostOf } from './send.ts';
import type { PingSettings } from './settings.ts';
import { fit, oneLine, plain, utf8Bytes } from './text.ts';

/** What a dead man's switch is told. */
export interface Ping {
  /** `noted`: a run ended that says neither. `alive`: all goes on. */
  readonly kind: 'start' | 'success' | 'failure' | 'noted' | 'alive';
  /** The run's id, a UUID; null where it is about none. */
  readonly run: string | null;
  /** One line for people. */
  readonly words: string;
  /** More lines, of which the last matter most; empty for none. */
  readonly log: string;
  /** How long the run took; null where that means nothing. */
  readonly durationMs: number | null;
}

/** What a service keeps of a log by itself: Healthchecks' own default, of which healthchecks.io keeps ten times as much. */
const logBytes = { usual: 10_000, most: 100_000 } as const;

/**
 * Sends one ping. Resolves with how many bytes of a log the service says it keeps, null where it does not say; rejects with a
 * ChannelError. Healthchecks by https://healthchecks.io/docs/http_api/, Uptime Kuma by
 * https://github.com/louislam/uptime-kuma/wiki/Internal-API: it knows no beginnings, so those are not sent.
 */
export const sendPing = async (
  settings: PingSettings,
  ping: Ping,
  { request, nowMs }: { readonly request: Request; readonly nowMs: () => number },
  { signal, keptBytes }: { readonly signal: AbortSignal; readonly keptBytes: number | null },
): Promise<number | null> => {
  const { type, url, allowPrivate } = settings;
  const to = type === 'healthchecks' ? healthchecks(url, ping, keptBytes ?? logBytes.usual) : uptimeKuma(url, ping);
  if (to === null) return null;
  const answer = await request({ ...to, allowPrivate, signal });
  const name = type === 'healthchecks' ? 'Healthchecks' : 'Uptime Kuma';
  const remedy = `See the URL of this ping: ${name} shows it on the page of the ${type === 'healthchecks' ? 'check' : 'push monitor'}.`;
  accept(answer, { name: `${name} at ${hostOf(url)}`, remedy, secrets: secretsOf(url) }, nowMs());
  const limit = answer.headers['ping-body-limit'] ?? '';
  return /^\d{1,9}$/.test(limit) ? Math.min(Number(limit), logBytes.most) : null;
};

type To = Pick<WebRequest, 'method' | 'url' | 'headers' | 'body'>;

const endings = { start: '/start', success: '', failure: '/fail', noted: '/log', alive: '' } as const;

const healthchecks = (text: string, { kind, run, words, log }: Ping, keptBytes: number): To => {
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${endings[kind]}`;
  if (run !== null) url.searchParams.set('rid', run);
  const head = oneLine(words);
  const body = log === '' ? head : `${head}\n\n${lastBytes(plain(log), keptBytes - utf8Bytes(head) - 2)}`;
  return { method: 'POST', url: url.href, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
};

const uptimeKuma = (text: string, { kind, words, durationMs }: Ping): To | null => {
  if (kind === 'start' || kind === 'noted') return null;
  const url = new URL(text);
  url.searchParams.set('status', kind === 'failure' ? 'down' : 'up');
  url.searchParams.set('msg', fit(oneLine(words), 250));
  url.searchParams.set('ping', durationMs === null ? '' : String(Math.round(durationMs)));
  return { method: 'GET', url: url.href };
};

/** The end of a text, in whole characters; what was cut says so. */
export const lastBytes = (text: string, most: number): string => {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  const mark = `… (${bytes.length - most} more bytes before this were cut)\n`;
  const room = most - utf8Bytes(mark);
  if (room <= 0) return '';
  let from = bytes.length - room;
  // Not within a character: its other bytes begin with 10.
  while (from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return `${mark}${bytes.subarray(from).toString('utf8')}`;
};
