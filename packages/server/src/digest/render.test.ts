import { sourceStates } from '@berth/common/control/usage.ts';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import mjml2html from 'mjml';
import { describe, expect, it } from 'vitest';
import { type ConditionEvent, conditionCodes } from '../events/condition.ts';
import type { Overview, OverviewSource } from '../monitor/overview.ts';
import { exampleCondition, exampleNowMs, exampleOverview, exampleSource } from '../monitor/testing.ts';
import { decideDigest } from './decide.ts';
import type { DigestFacts } from './digest.ts';
import { limitLevels } from './limits.ts';
import { digestMessage } from './message.ts';
import { renderDigest } from './render.ts';
import { exampleFacts, hostile, invisible } from './testing.ts';
import { textDigest } from './text.ts';

/** A source that says hostile things wherever it can. */
const hostileSource = (name: string, words: string): OverviewSource => {
  const source = exampleSource(name, 'failing');
  const lastRun = source.lastRun === null ? null : { ...source.lastRun, message: words, reason: words };
  return { ...source, words, lastRun, lastGood: lastRun };
};

/** Everything says these words. */
const hostileFacts = (words: string): DigestFacts => {
  const condition = exampleCondition({ code: 'run-failing', source: words, text: words, remedy: words });
  const event: ConditionEvent = { ...condition, version: 1, at: condition.since, event: 'raised', openMs: 0 };
  const overview = {
    sources: [hostileSource(words, words)],
    conditions: [condition, { ...condition, code: words, key: words }],
  };
  const { server } = exampleOverview();
  return exampleFacts(
    { ...overview, server: { ...server, name: words, version: words, timeZone: words, pageUrl: words } },
    { events: [event, { ...event, code: words }], changes: [{ atMs: exampleNowMs, lines: [words] }] },
  );
};

/** The tags and comments of a mail, in order, without anybody's words. */
const skeleton = (html: string): readonly string[] => html.match(/<!?\/?[a-z[-]+/gi) ?? [];

describe('a rendered digest', () => {
  it('shows hostile words, and nothing more comes of them', async () => {
    const harmless = await renderDigest(hostileFacts('harmless'));
    for (const words of hostile) {
      const { subject, html, text } = await renderDigest(hostileFacts(words));
      expect(skeleton(html), words).toEqual(skeleton(harmless.html));
      expect(html).not.toMatch(/<script|<img|<h1>body|<mj-/i);
      expect(subject).not.toMatch(invisible);
      expect(subject.length).toBeLessThanOrEqual(120);
      for (const part of [html, text]) expect(part.replaceAll('\n', '')).not.toMatch(invisible);
      // No line of its own: each stands behind words of ours.
      expect(text).not.toMatch(/^Bcc:/m);
    }
  });

  it('cuts an error of a megabyte, saying that it did', async () => {
    const { html, text } = await renderDigest(hostileFacts('x '.repeat(500_000)));
    expect(html.length).toBeLessThan(60_000);
    expect(text.length).toBeLessThan(20_000);
    expect(text).toMatch(/x ?\u2026/);
  });

  it('loads nothing, runs nothing, and is what MJML allows', async () => {
    const { html } = await renderDigest(exampleFacts());
    const addresses = html.match(/https?:\/\/[^"'\s<)]+/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/1999/xhtml', 'https://berth.example.org/']));
    expect(html).not.toMatch(
      /<(script|img|link|iframe|object|embed|form|input|video|audio|base)\b|@import|@font-face|url\(|\bon\w+=/i,
    );
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toContain('prefers-color-scheme:dark');
    // The option that renders it strictly works: it refuses what it does not know.
    await expect(
      mjml2html('<mjml><mj-body><mj-nonsense /></mj-body></mjml>', { validationLevel: 'strict' }),
    ).rejects.toThrow();
  });

  it('stays below what Gmail shows of a mail, however many sources there are and whatever they say', async () => {
    const known = { fine: exampleSource('a', 'fine'), overdue: exampleSource('a', 'overdue') };
    const fleet = (state: (index: number) => keyof typeof known) =>
      Array.from({ length: 1000 }, (_, index) => ({ ...known[state(index)], name: `machine-number-${index}` }));
    const fleets = [fleet((index) => (index % 100 === 0 ? 'overdue' : 'fine')), fleet(() => 'overdue')];
    for (const sources of fleets) {
      const { html, text } = await renderDigest(exampleFacts({ sources }));
      expect(Buffer.byteLength(html)).toBeLessThan(100_000);
      expect(Buffer.byteLength(text)).toBeLessThan(40_000);
      expect(text).toMatch(/\d+ (fine|overdue): machine-number-/);
    }
    const words = '&"<\'>'.repeat(500);
    const conditions = conditionCodes.flatMap((code) =>
      Array.from({ length: 10 }, (_, index) =>
        exampleCondition({
          key: `${code}:${index}`,
          code,
          source: `s${index}`,
          text: `${index} ${words}`,
          remedy: `${index} ${words}`,
        }),
      ),
    );
    const { html } = await renderDigest(
      exampleFacts({ sources: fleet(() => 'overdue').map((one) => ({ ...one, words })), conditions }),
    );
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  });

  it('is a message with a short text for chats, and both parts for mail', async () => {
    const facts = exampleFacts();
    const rendered = await renderDigest(facts);
    const message = digestMessage(facts, rendered, 'id-1');
    expect(message).toMatchObject({
      ...{ id: 'id-1', kind: 'digest', severity: 'critical', title: rendered.subject, code: null },
      ...{ sources: ['router', 'workstation', 'media-server', 'desktop'], url: 'https://berth.example.org/' },
      mail: { html: rendered.html, text: rendered.text },
    });
    expect(message.body).toContain('1. The storage of router can not be read.\n   Look at');
    expect(message.body.length).toBeLessThan(1500);
  });

  it('is a message that names no thousand sources, each of them in words of its own', () => {
    const sources = Array.from({ length: 3000 }, (_, index) => exampleSource(`s${index}`, 'overdue'));
    const message = digestMessage(exampleFacts({ sources }), { subject: '', html: '', text: '' }, 'id-1');
    expect(message.sources).toHaveLength(100);
    expect(message.body.length).toBeLessThan(1500);
  });
});

describe('a digest of anything', () => {
  const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom(...hostile));
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(exampleNowMs, 0, Number.NaN, Number.POSITIVE_INFINITY),
  );
  const maybe = fc.option(number);
  const source = fc
    .record({
      name: word,
      state: fc.constantFrom(...sourceStates),
      words: fc.option(word),
      ms: maybe,
      bytes: maybe,
      number,
    })
    .map(({ name, state, words, ms, bytes, number: count }): OverviewSource => {
      const plain = exampleSource('plain', state);
      return {
        ...{ ...plain, name, words, lastSuccessMs: ms, nextSlotMs: ms, oldestSnapshotMs: ms, newestSnapshotMs: ms },
        quotaBytes: bytes,
        day: { ...plain.day, runs: count, failed: count, durationMs: count, bytesRead: bytes, snapshotsRemoved: bytes },
        ...(plain.lastGood === null ? {} : { lastGood: { ...plain.lastGood, durationMs: count, message: words } }),
      };
    });
  const facts = fc
    .record({
      ...{
        sources: fc.array(source, { maxLength: 8 }),
        atMs: number,
        sinceMs: number,
        timeZone: word,
        url: fc.option(word),
      },
      about: fc.array(
        fc.record({
          ...{
            code: fc.oneof(word, fc.constantFrom(...conditionCodes)),
            source: fc.option(word),
            text: word,
            since: word,
          },
          ...{ severity: fc.constantFrom('notice', 'warning', 'critical'), openMs: number },
          event: fc.constantFrom('raised', 'worse', 'better', 'resolved'),
        }),
        { maxLength: 8 },
      ),
      disk: fc.option(fc.record({ totalBytes: number, freeBytes: number, fullAtMs: maybe, days: fc.constant([]) })),
    })
    .map(({ sources, atMs, sinceMs, timeZone, url, about, disk }): DigestFacts => {
      const { server } = exampleOverview();
      const conditions = about.map(({ event: _, openMs: __, ...one }) =>
        exampleCondition({ ...one, remedy: one.text }),
      );
      const overview: Overview = {
        ...exampleOverview({ sources: [] }),
        ...{ atMs, sources, conditions, disk, server: { ...server, timeZone, name: timeZone, pageUrl: url } },
      };
      const events = about.map(({ since, ...one }) => ({
        ...one,
        version: 1 as const,
        at: since,
        key: one.text,
        remedy: '',
      }));
      return { overview, sinceMs, events, changes: about.map(({ openMs, text }) => ({ atMs: openMs, lines: [text] })) };
    });

  it('never throws, has one line for a subject, and holds nothing that is not seen', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...limitLevels), (some, limits) => {
        const model = decideDigest(some, limits);
        expect(model.subject).toMatch(/^berth: .+$/);
        expect(model.subject.length).toBeLessThanOrEqual(120);
        expect(JSON.stringify(model)).not.toMatch(invisible);
        expect(textDigest(model).replaceAll('\n', '')).not.toMatch(invisible);
        // Nobody is left out, whatever the limits.
        const told =
          model.sources.length + model.others.reduce((sum, { words }) => sum + Number.parseInt(words, 10), 0);
        expect(told).toBe(some.overview.sources.length);
      }),
      randomRuns({ everyday: 80, long: 2500 }),
    );
  });
});
