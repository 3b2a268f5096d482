import { expect, test } from 'vitest';
import { exampleNight } from '../testing.ts';
import { timeline } from './timeline.ts';

test('every run of the night is drawn, and stands in the table', () => {
  const overview = exampleNight(30);
  const made = timeline(overview).toString();
  const planned = overview.sources.filter(({ slots }) => slots.length > 0).length;
  expect(made.match(/<rect /g)).toHaveLength(planned);
  expect(made.match(/<tr><td>/g)).toHaveLength(planned);
  expect(made).toContain('29 runs within the next day, at most 2 at once. First laptop, tonight 20:12.');
});

test('its clock is the server’s, also where hours begin at half past', () => {
  const overview = exampleNight(30);
  const in15 = { ...overview, server: { ...overview.server, timeZone: 'Asia/Kolkata' } };
  expect(timeline(in15).toString()).toMatch(/>01:00<[\s\S]*>02:00</);
});

test('a plan without runs is said, and draws nothing', () => {
  const made = timeline({ ...exampleNight(2), sources: [] }).toString();
  expect(made).toContain('Nothing is planned');
  expect(made).not.toContain('<rect');
});

test('many more runs than fit are bounded', () => {
  expect(timeline(exampleNight(2000)).toString().length).toBeLessThan(120_000);
});

test('thousands of sources that run every quarter of an hour are bounded too', () => {
  const night = exampleNight(1);
  const [one] = night.sources;
  if (one === undefined) throw new Error('no source');
  const slots = Array.from({ length: 96 }, (_, index) => ({
    startsAtMs: night.atMs + index * 900_000 + 1,
    lengthMs: 60_000,
  }));
  const sources = Array.from({ length: 1500 }, (_, index) => ({ ...one, name: `s${index}`, slots }));
  const made = timeline({ ...night, sources }).toString();
  expect(made).toContain('144000 runs within the next day');
  expect(made).toContain('The first 2400 are drawn.');
  expect(made.length).toBeLessThan(120_000);
});
