import { mkdir, writeFile } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import { describe, expect, test } from 'vitest';
import type { Recovered } from '../recover/recover.ts';
import { runIfDue } from './if-due.ts';
import { takeLock } from './lock.ts';
import { configWith, fakeCoordinator, stage } from './testing.ts';
import { fakeBeside, withBeside } from './testing-beside.ts';

describe('what a killed run left behind', () => {
  const left = (outcome: 'done' | 'kept'): Recovered =>
    ({
      ...{ kind: 'container', what: 'container shop-db-1', outcome, words: null },
      reason: outcome === 'kept' ? 'engine-away' : null,
    }) as const;

  test('is put right before anything else, and the report says so', async () => {
    await using it = await withBeside((beside) => {
      beside.recovered = { things: [left('done')], broken: null };
    });
    const { report } = await it.run();
    expect(it.calls.slice(0, 2)).toEqual(['recover', 'connect']);
    expect(report.outcome).toBe('ok');
    expect(report.steps[0]).toMatchObject({
      name: 'recover',
      outcome: 'ok',
      words: ['container shop-db-1: put right'],
    });
  });

  test('and can not be put right makes the run a failure, though it still backs up', async () => {
    await using it = await withBeside((beside) => {
      beside.recovered = { things: [left('kept')], broken: null };
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'failed', reason: 'not-started-again', snapshot: 'e32c3a72' });
  });

  test('is put right at a wake at which no run is due', async () => {
    await using it = await stage();
    const beside = fakeBeside(it.calls);
    beside.recovered = { things: [left('done')], broken: null };
    const known = fakeCoordinator(it.world.now);
    const wake = () =>
      runIfDue({
        ...{ home: it.home, signal: it.abort.signal, berthVersion: '0.1.0' },
        loadConfig: async () => configWith(),
        world: { ...it.world, beside, coordinator: () => known.coordinator },
        onEvent: (event) => it.events.push(event),
      });
    expect((await wake()).kind).toBe('not-due');
    expect(it.calls, 'nothing is noted').toEqual([]);
    await mkdir(it.home.state, { recursive: true });
    await writeFile(it.home.unfinished, '{}');
    {
      await using _ = await takeLock(it.home.lock);
      expect((await wake()).kind, 'a run goes on').toBe('skipped');
    }
    expect(it.calls).toEqual([]);
    expect((await wake()).kind).toBe('not-due');
    expect(it.calls).toEqual(['recover']);
    expect(it.events).toContainEqual({ type: 'recovered', end: beside.recovered });
  });

  test('is put right also where agent.yaml is broken', async () => {
    await using it = await stage();
    const beside = fakeBeside(it.calls);
    beside.recovered = { things: [left('done')], broken: null };
    const broken = new Problem('invalid-config', 'agent.yaml:3:1: unknown key', 'Change it.');
    const { report } = await it.run(broken, { world: { ...it.world, beside } });
    expect(it.calls).toEqual(['recover']);
    expect(report).toMatchObject({ outcome: 'failed', reason: 'invalid-config' });
  });
});
