import { createHash } from 'node:crypto';
import { html, type Markup } from './markup.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { sprite, type Tone } from './tone.ts';

/** What a whole page needs beside its main part. */
export interface Frame {
  readonly title: string;
  readonly tone: Tone;
  readonly main: Markup;
  /** What is looked at, for the navigation. */
  readonly place: 'fleet' | 'settings' | 'source' | 'none';
  readonly server: { readonly name: string; readonly version: string } | null;
  /** Of live.ts: whether a page is the newest. */
  readonly version: string;
  /** When what is shown was so, by the server's clock; null where nothing is shown. */
  readonly asOf: string | null;
}

/** A file that the pages need, with the name under which it never changes. */
export interface Asset {
  readonly body: string;
  readonly type: string;
  readonly hash: string;
}

const asset = (body: string, type: string): Asset => ({
  body,
  type: `${type}; charset=utf-8`,
  hash: createHash('sha256').update(body).digest('hex').slice(0, 16),
});

/** Their hash stands in the pages' links, so that a browser may keep them for ever. */
export const assets = {
  '/style.css': asset(style, 'text/css'),
  '/live.js': asset(script, 'text/javascript'),
} as const;

/** A whole page. */
export const document = ({ title, tone, main, place, server, version, asOf }: Frame): string =>
  `<!doctype html>${html`<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<link rel="icon" href="${favicon(tone)}"><link rel="stylesheet" href="/style.css?v=${assets['/style.css'].hash}"><script src="/live.js?v=${assets['/live.js'].hash}" defer></script></head>
<body>${sprite()}<a class="skip" href="#main">Skip to content</a>
<header class="top"><div><a class="brand" href="/">berth</a>${server === null ? null : html`<span class="host">${server.name}</span>`}<nav aria-label="Pages"><a href="/"${current(place === 'fleet')}>Fleet</a><a href="/settings"${current(place === 'settings')}>Settings</a></nav><p id="live" role="status"></p></div></header>
<main id="main" tabindex="-1" data-version="${version}">${main}${asOf === null ? null : html`<p class="asof">As of ${asOf}. Everything here only reads.</p>`}</main>
<p id="said" class="gone" aria-live="polite"></p>
<footer>berth${server === null ? null : ` ${server.version}`} · <a href="/metrics">metrics</a></footer></body></html>`}`;

const current = (is: boolean): Markup | null => (is ? html` aria-current="page"` : null);

/** The state in the browser's tab: a shape as well as a colour. */
const favicon = (tone: Tone): string => {
  const colours = { ok: '%231f8a54', warn: '%23c98500', bad: '%23c8322b', idle: '%236b7a88' } as const;
  const marks = {
    ok: 'M8 17l5 5 11-12',
    warn: 'M16 7v11m0 6v.5',
    bad: 'M10 10l12 12m0-12L10 22',
    idle: 'M9 16h14',
  } as const;
  return `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='${colours[tone]}'/%3E%3Cpath d='${marks[tone]}' fill='none' stroke='%23fff' stroke-width='4' stroke-linecap='round'/%3E%3C/svg%3E`;
};
