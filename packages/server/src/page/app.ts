import { type Context, Hono } from 'hono';
import { compress } from 'hono/compress';
import type { Logger } from 'pino';
import { metricsType } from '../metrics/metrics.ts';
import type { Overview } from '../monitor/overview.ts';
import { type Guard, guard } from './door/guard.ts';
import { filterOf } from './fleet/filter.ts';
import { fleetPage } from './fleet/fleet.ts';
import type { Live } from './live.ts';
import type { PageFacts } from './page.ts';
import { assets, document, type Frame } from './parts/document.ts';
import { html, type Markup } from './parts/markup.ts';
import { clockWords } from './parts/words.ts';
import { settingsPage } from './settings/settings.ts';
import { detailOf } from './source/detail.ts';
import { sourcePage } from './source/source.ts';

/** What answers, behind a guard. */
export interface PageParts {
  readonly facts: PageFacts;
  readonly guard: Guard;
  readonly live: Live;
  readonly log: Logger;
}

/** Every path of the page. It only reads. */
export const pageApp = (parts: PageParts): Hono => {
  const { facts, guard: doorkeeper, live, log } = parts;
  const app = new Hono();
  app.use(guard(doorkeeper));
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/live', (context) => liveAnswer(context, live));
  app.use(compress());
  for (const [path, { body, type, hash }] of Object.entries(assets))
    app.get(path, (context) => {
      const isNamed = context.req.query('v') === hash;
      context.header('cache-control', isNamed ? 'private, max-age=31536000, immutable' : 'no-cache');
      context.header('etag', `"${hash}"`);
      if (context.req.header('if-none-match') === `"${hash}"`) return context.body(null, 304);
      return context.body(body, 200, { 'content-type': type });
    });
  app.get('/metrics', async (context) => {
    // An answer without a sample would be a server without sources.
    if (facts.overview() === null)
      return context.text('The server is starting: nothing is known yet.\n', 503, { 'retry-after': '5' });
    return context.body(await facts.metrics(), 200, { 'content-type': metricsType });
  });
  app.get('/', (context) =>
    withOverview(context, parts, (overview) => {
      const filter = filterOf(new URL(context.req.url).searchParams);
      return { ...fleetPage(overview, facts.events(), filter), place: 'fleet' };
    }),
  );
  app.get('/settings', (context) =>
    withOverview(context, parts, (overview) => ({
      ...{ title: 'Settings', tone: 'idle', place: 'settings' },
      main: settingsPage(overview, facts.settings(), facts.changes(), context.req.query('all') !== undefined),
    })),
  );
  app.get('/sources/:name', (context) =>
    withOverview(context, parts, (overview) => {
      const source = overview.sources.find(({ name }) => name === context.req.param('name'));
      if (source === undefined) return null;
      const detail = detailOf(facts, source, context.req.query('run') ?? null);
      return { ...sourcePage(overview, source, detail), place: 'source' };
    }),
  );
  app.notFound((context) => notFound(context, parts, facts.overview()));
  app.onError((error, context) => {
    log.error({ err: error, path: context.req.path }, 'the page could not be made');
    return context.text('This page could not be made; the log of the server says why.\n', 500);
  });
  return app;
};

const liveAnswer = (context: Context, live: Live): Response => {
  const headers = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' };
  // hono answers HEAD with the GET of the same path, and nobody would ever read or end that stream.
  if (context.req.raw.method === 'HEAD') return context.body(null, 200, headers);
  const stream = live.listen(context.req.query('since') ?? null);
  if (stream !== null) return context.body(stream, 200, headers);
  return context.text('As many as may listen do.\n', 503, { 'retry-after': '60' });
};

type Shown = Pick<Frame, 'title' | 'tone' | 'main' | 'place'>;

const withOverview = (context: Context, parts: PageParts, show: (overview: Overview) => Shown | null) => {
  const overview = parts.facts.overview();
  if (overview === null) return starting(context, parts);
  const shown = show(overview);
  if (shown === null) return notFound(context, parts, overview);
  return context.html(framed(shown, parts, overview));
};

const framed = (shown: Shown, { live }: PageParts, { server, atMs }: Overview): string =>
  document({
    ...shown,
    title: `${shown.title} · ${server.name}`,
    server,
    version: live.version(),
    asOf: `${clockWords(atMs, server.timeZone)} (${server.timeZone})`,
  });

const plain = (title: string, text: Markup): Shown => ({
  ...{ title, tone: 'idle', place: 'none' },
  main: html`<section class="verdict idle" id="verdict"><h1>${title}</h1><p class="lead">${text}</p></section>`,
});

const starting = (context: Context, { live }: PageParts): Response => {
  context.header('retry-after', '5');
  const shown = plain('The server is starting', html`It looks at everything first. This page is there in a moment.`);
  return context.html(document({ ...shown, version: live.version(), server: null, asOf: null }), 503);
};

const notFound = (context: Context, parts: PageParts, overview: Overview | null): Response => {
  const shown = plain('There is no such page', html`Nothing is kept under this address. <a href="/">All sources</a>`);
  return context.html(
    overview === null
      ? document({ ...shown, version: parts.live.version(), server: null, asOf: null })
      : framed(shown, parts, overview),
    404,
  );
};
