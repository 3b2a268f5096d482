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
