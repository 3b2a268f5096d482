import { expect, test } from 'vitest';
import { mostEvents } from '../../monitor/link.ts';
import { exampleCondition, exampleOverview, exampleSource } from '../../monitor/testing.ts';
import { exampleEvents } from '../../monitor/testing-events.ts';
import { needList } from './needs.ts';
import { stoodOf, toldOf, toldOfSource } from './told.ts';

const [laptop, router] = [exampleSource('laptop'), exampleSource('router')];
const sources = [laptop, router];
const about = (source: string | null, change = {}) =>
  exampleCondition({ key: `overdue:${source}`, source, code: 'quota-95', ...change });

test('nothing is called fine that has something wrong with it', () => {
  const conditions = [about('router', { severity: 'critical', code: 'mass-delete' })];
  expect(stoodOf({ sources, conditions }).map(({ standing }) => standing)).toEqual(['fine', 'danger']);
});

test('what needs doing of a source is its own, and not the server’s or another’s', () => {
  const overview = exampleOverview({
    sources,
    conditions: [about('router'), about(null, { code: 'disk-floor', key: 'disk-floor' })],
  });
  expect(toldOf(overview, []).needs).toHaveLength(2);
  expect(toldOfSource(overview, router, []).needs).toHaveLength(1);
  expect(toldOfSource(overview, laptop, []).headline).toBe('Nothing needs doing');
});

test('a source whose events another pushed out is not said to have been told in full', () => {
  const [event] = exampleEvents();
  if (event === undefined) throw new Error('no event');
  const flood = Array.from({ length: mostEvents }, () => ({ ...event, source: 'laptop' }));
  expect(toldOfSource(exampleOverview({ sources }), router, flood).eventsNote).toContain('So much happened');
  expect(toldOfSource(exampleOverview({ sources }), router, [event]).eventsNote).toBeNull();
});

test('what needs doing leads to the sources that there are, and sets commands apart', () => {
  const conditions = [about('router'), about('gone')];
  const made = needList(toldOf(exampleOverview({ sources, conditions }), []), new Set(['router']))?.toString();
  expect(made).toContain('<a href="/sources/router">router</a>');
  expect(made).not.toContain('/sources/gone');
  expect(made).toContain('<code>berth doctor</code>');
});
