import { expect, test } from 'vitest';
import { runHook } from './hook.ts';
import { configWith } from './testing.ts';

const hook = (run: string) => {
  const [first] = configWith(`hooks: { before: [{ run: ${JSON.stringify(run)}, timeout: 10s }] }`).hooks.before;
  if (first === undefined) throw new Error('no hook');
  return first;
};

test('of a flood of output the last 200 lines are kept while it runs, each of at most 500 characters', async () => {
  const { words } = await runHook(
    hook('yes | head -n 100000; head -c 9999 /dev/zero | tr "\\0" x'),
    {},
    AbortSignal.timeout(9000),
  );
  expect(words).toHaveLength(200);
  expect(words.at(-1)).toBe('x'.repeat(500));
});

test('a hook is ended when the run is stopped', async () => {
  const started = performance.now();
  const end = await runHook(hook('sleep 8'), {}, AbortSignal.timeout(200));
  expect(end).toMatchObject({ outcome: 'cancelled', reason: 'cancelled' });
  expect(performance.now() - started).toBeLessThan(4000);
});

test('a hook that waits for input gets none instead of waiting for ever', async () => {
  expect(await runHook(hook('cat; echo end'), {}, AbortSignal.timeout(9000))).toMatchObject({
    outcome: 'ok',
    words: ['end'],
  });
});
