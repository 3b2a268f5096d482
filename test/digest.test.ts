import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardedRequest } from '../packages/server/src/channels/http.ts';
import { channelOf } from '../packages/server/src/channels/registry.ts';
import { type GotMail, mailServer } from '../packages/server/src/channels/smtp-testing.ts';
import type { DigestFacts, Rendered } from '../packages/server/src/digest/digest.ts';
import { digestMessage } from '../packages/server/src/digest/message.ts';
import { renderDigest } from '../packages/server/src/digest/render.ts';
import { exampleFacts, hostile } from '../packages/server/src/digest/testing.ts';
import { exampleCondition, exampleFleet, exampleSource } from '../packages/server/src/monitor/testing.ts';
import { chromium, contextOf, type Look, looks } from './helpers/chromium.ts';

/** What a mail server got when this digest was sent to it. */
const mailed = async (facts: DigestFacts): Promise<{ readonly rendered: Rendered; readonly mail: GotMail }> => {
  await using server = await mailServer();
  const rendered = await renderDigest(facts);
  const channel = channelOf(
    {
      ...{ name: 'mail', type: 'email', alerts: 'warning', digest: true, host: '127.0.0.1', port: server.port },
      ...{ tls: 'none', user: null, password: null, from: 'nas@example.org', to: ['me@example.org'] },
    },
    { request: guardedRequest(), nowMs: () => facts.overview.atMs },
  );
  await channel.send(digestMessage(facts, rendered, 'digest-2026-11-21'), new AbortController().signal);
  const [mail] = server.got;
  if (mail === undefined) throw new Error('no mail came');
  return { rendered, mail };
};

/** A fleet that is called, and says, what nobody should. */
const hostileFacts = (): DigestFacts => {
  const long = 'x'.repeat(1_000_000);
  const sources = [...hostile, long].map((words) => exampleSource(words, 'overdue', undefined, { words }));
  const conditions = [...hostile, long].map((words) =>
    exampleCondition({ key: words, code: 'mass-delete', source: words, text: words, remedy: words }),
  );
  return exampleFacts({ sources, conditions });
};

const names = (mail: GotMail): readonly string[] => [...mail.parsed.headers.keys()].sort();

describe('the digest by mail', () => {
  it('arrives as it was rendered: the verdict as the subject, and both parts', async () => {
    const { rendered, mail } = await mailed(exampleFacts());
    expect(mail.parsed.subject).toBe(rendered.subject);
    expect(mail.parsed.text?.trim()).toBe(rendered.text.trim());
    expect(mail.parsed.html).toBe(rendered.html);
    expect(mail.parsed.attachments).toEqual([]);
    expect([mail.from, mail.to]).toEqual(['nas@example.org', ['me@example.org']]);
  });

  it('gets no header, no line and no receiver from a hostile source', async () => {
    const [harmless, evil] = [await mailed(exampleFacts()), await mailed(hostileFacts())];
    expect(names(evil.mail)).toEqual(names(harmless.mail));
    expect(evil.mail.to).toEqual(['me@example.org']);
    expect(evil.mail.parsed.subject).toBe(evil.rendered.subject);
    expect(evil.mail.parsed.html).toBe(evil.rendered.html);
    expect(evil.mail.parsed.text).not.toMatch(/^Bcc:/m);
    expect(Buffer.byteLength(evil.rendered.html)).toBeLessThan(100_000);
  });
});

describe('the digest in a mail program', () => {
  let started: Awaited<ReturnType<typeof chromium>>;
  beforeAll(async () => {
    started = await chromium();
  });
  afterAll(() => started[Symbol.asyncDispose]());

  const digests: Readonly<Record<string, DigestFacts>> = {
    'of a fleet in every state': exampleFacts(),
    'when all is well': exampleFacts({ sources: [exampleSource('laptop'), exampleSource('desktop')] }),
    'before anybody backs up': exampleFacts({ sources: [] }),
    'of hostile sources': hostileFacts(),
    'of a thousand sources': exampleFacts({
      sources: Array.from({ length: 1000 }, (_, index) =>
        exampleSource(`machine-${index}`, index % 9 ? 'fine' : 'failing'),
      ),
    }),
  };

  for (const [what, facts] of Object.entries(digests)) {
    it(`${what} fits every screen, can be read by everybody, and loads nothing`, async () => {
      const { html } = await renderDigest(facts);
      for (const width of [1000, 375, 360]) {
        const device = width < 500 ? 'phone' : 'desktop';
        await using shown = await show(html, { device, scheme: 'light' }, width);
        expect(await sideways(shown.page), `${width} px`).toEqual([]);
        if (width === 360) expect(await findings(shown.page), `${width} px`).toEqual([]);
        expect(shown.asked).toEqual([]);
      }
    });
  }

  it('can be read by day and by night', async () => {
    // Every state, and what runs, waits and comes as plain files.
    const { html } = await renderDigest(exampleFacts({ sources: exampleFleet(9) }));
    for (const look of looks) {
      await using shown = await show(html, look, look.device === 'phone' ? 375 : 1000);
      expect(await findings(shown.page), `${look.device} ${look.scheme}`).toEqual([]);
      const background = await shown.page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(look.scheme === 'dark' ? 'rgb(15, 20, 25)' : 'rgb(238, 241, 244)');
    }
  });

  /** The mail on a screen, and what it asked the network or its reader for. */
  const show = async (html: string, look: Look, width: number) => {
    const asked: string[] = [];
    const context = await contextOf(started.browser, look, { viewport: { width, height: 800 } });
    const page = await context.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', (dialog) => asked.push(`dialog ${dialog.message()}`));
    await page.setContent(html, { waitUntil: 'load' });
    return { page, asked, [Symbol.asyncDispose]: () => context.close() };
  };
});

/** What is wider than the screen. */
const sideways = (page: Page): Promise<readonly string[]> =>
  page.evaluate<string[]>(`(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const wide = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth + 1);
    return scrollWidth > clientWidth ? wide.map((one) => one.outerHTML.slice(0, 200)) : [];
  })()`);

/** A mail is shown within a page of its reader, whose landmarks these would be. */
const notOfMails = '{ region: { enabled: false }, "landmark-one-main": { enabled: false } }';

/** What axe has against it, contrast among it. */
const findings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const results = await page.evaluate<AxeResults>(`axe.run(document, { rules: ${notOfMails} })`);
  const unsure = results.incomplete.filter(({ id }) => id === 'color-contrast');
  return [...results.violations, ...unsure].flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? ''} ${html.slice(0, 200)}`),
  );
};
