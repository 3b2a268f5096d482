import { expect, test } from 'vitest';
import type { Overview } from '../../monitor/overview.ts';
import { exampleCondition, exampleOverview, exampleSource } from '../../monitor/testing.ts';
import { todosOf } from './todo.ts';
import { verdictOf } from './verdict.ts';

const fine = [exampleSource('laptop'), exampleSource('desktop')];
const overview = (change: Partial<Overview>): Overview => exampleOverview({ sources: fine, conditions: [], ...change });
const about = (source: string, change = {}) => exampleCondition({ key: `overdue:${source}`, source, ...change });

test('conditions of one kind are one thing to do, and their remedy is said once', () => {
  const [todo, ...more] = todosOf(overview({ conditions: [about('laptop'), about('desktop'), about('router')] }));
  expect(more).toEqual([]);
  expect(todo?.items.map(({ source }) => source)).toEqual(['laptop', 'desktop', 'router']);
  expect(todo?.remedies).toHaveLength(1);
});

test('the worst comes first, and of these the longest', () => {
  const older = '2026-11-01T00:00:00.000Z';
  const conditions = [
    about('a', { severity: 'notice', code: 'plan-tight' }),
    about('b', { severity: 'critical', code: 'overdue' }),
    about('c', { severity: 'critical', code: 'bit-rot', since: older }),
    about('d', { severity: 'warning', code: 'run-failing' }),
  ];
  expect(todosOf(overview({ conditions })).map(({ code }) => code)).toEqual([
    ...['bit-rot', 'overdue', 'run-failing', 'plan-tight'],
  ]);
});

test('a bad state is said once: by its condition, else by itself', () => {
  const sources = [exampleSource('router', 'overdue')];
  expect(todosOf(overview({ sources })).map(({ code, severity }) => [code, severity])).toEqual([
    ['overdue', 'warning'],
  ]);
  const [todo] = todosOf(overview({ sources, conditions: [about('router')] }));
  expect([todo?.severity, todo?.items.length]).toEqual(['critical', 1]);
});

test('a refused sources.yaml is something to do, also before it is a condition', () => {
  const { server } = overview({});
  const refused = { atMs: 0, findings: [{ message: 'line 3: no such key', remedy: 'Write quota.' }] };
  const [todo] = todosOf(overview({ server: { ...server, refused } }));
  expect([todo?.code, todo?.items[0]?.text]).toEqual(['config-refused', 'line 3: no such key']);
});

test('the verdict is as bad as the worst that needs doing', () => {
  const verdict = (change: Partial<Overview>) => {
    const shown = overview(change);
    const { tone, words } = verdictOf(shown, todosOf(shown));
    return [tone, words];
  };
  expect(verdict({})).toEqual(['ok', 'All is well']);
  expect(verdict({ conditions: [about('laptop')] })).toEqual(['bad', '1 thing needs doing']);
  const both = [about('laptop', { severity: 'warning' }), about('desktop', { code: 'bit-rot' })];
  expect(verdict({ conditions: both })).toEqual(['bad', '2 things need doing']);
  expect(verdict({ conditions: [about('laptop', { severity: 'warning' })] })).toEqual(['warn', '1 thing needs doing']);
  expect(verdict({ conditions: [about('laptop', { severity: 'notice' })] })).toEqual(['ok', 'All is well']);
  expect(verdict({ sources: [exampleSource('a', 'never'), exampleSource('b')] })).toEqual([
    ...['ok', 'Nothing needs doing: 1 no backup yet'],
  ]);
  expect(verdict({ sources: [] })).toEqual(['idle', 'No sources yet']);
});
