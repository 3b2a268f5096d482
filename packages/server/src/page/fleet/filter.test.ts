import { expect, test } from 'vitest';
import { exampleFleet, exampleSource } from '../../monitor/testing.ts';
import { filterOf, queryOf, shownOf } from './filter.ts';
import { stoodOf } from './told.ts';

const asked = (query: string) => filterOf(new URLSearchParams(query));
const shown = (query: string, sources = exampleFleet(30)) =>
  shownOf(stoodOf({ sources, conditions: [] }), asked(query)).sources.map(({ source }) => source.name);

test('those in trouble come first, the others in the order of sources.yaml', () => {
  expect(shown('').slice(0, 6)).toEqual(['router', 'workstation', 'media-server', 'nas-mirror', 'desktop', 'laptop']);
});

test('a name and a state narrow it down, whatever the case', () => {
  expect(shown('q=LAPTOP')).toEqual(['laptop', 'laptop-2', 'laptop-3']);
  expect(shown('state=overdue')).toEqual(['workstation']);
  expect(shown('state=running')).toEqual(['mail-server']);
  expect(shown('state=running&q=nobody')).toEqual([]);
});

test('what is none of ours is as if it were not asked', () => {
  expect(asked('state=<script>&x=1')).toEqual({ q: '', state: null, all: false });
  expect(asked(`q=${'x'.repeat(5000)}`).q).toHaveLength(100);
});

test('of a thousand, all in trouble are shown and the first hundred of the others', () => {
  const sources = Array.from({ length: 1000 }, (_, index) =>
    exampleSource(`s${index}`, index >= 800 ? 'overdue' : 'fine'),
  );
  const stood = stoodOf({ sources, conditions: [] });
  const { sources: first, fitting } = shownOf(stood, asked(''));
  expect([first.length, fitting]).toEqual([300, 1000]);
  expect(shownOf(stood, asked('all=1')).sources).toHaveLength(1000);
});

test('of thousands in trouble the worst thousand are shown, and that there are more', () => {
  const sources = Array.from({ length: 3000 }, (_, index) => exampleSource(`s${index}`, 'overdue'));
  const shown = shownOf(stoodOf({ sources, conditions: [] }), asked(''));
  expect([shown.sources.length, shown.fitting, shown.isTroubleLeft]).toEqual([1100, 3000, true]);
  const few = shownOf(stoodOf({ sources: exampleFleet(30), conditions: [] }), asked(''));
  expect(few.isTroubleLeft).toBe(false);
});

test('a filter is a query again', () => {
  for (const query of ['', '?q=a%26b&state=overdue', '?state=fine&all=1']) expect(queryOf(asked(query))).toBe(query);
});
