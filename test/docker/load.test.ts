import { afterAll, beforeAll, expect, test } from 'vitest';
import { withEngine } from '../../scripts/docker/engine.ts';
import { loadOf, resultOf } from '../helpers/bench.ts';
import { prepareWithinMs } from './images.ts';

// The benchmark builds its image itself, by the steps that the other tests' image has gone through already.
let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await withEngine();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

test('20 machines that begin within 5 s: the container sees every one through', { timeout: 300_000 }, async () => {
  const words = ['--docker', '--clients', '20', '--within', '5', '--size', '1M'];
  expect(await resultOf('load.ts', ...words)).toEqual(loadOf('container', 20));
});
