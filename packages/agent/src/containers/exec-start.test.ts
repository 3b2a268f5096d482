import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { startWithin } from './exec-start.ts';

test('an engine that never starts what it took is given up, and what it opens later is closed', async () => {
  const streams = new PassThrough();
  const answer = Promise.withResolvers<PassThrough>();
  await expect(startWithin({ start: () => answer.promise }, {}, 10)).rejects.toThrow('the engine does not answer');
  answer.resolve(streams);
  await answer.promise;
  await Promise.resolve();
  expect(streams.destroyed).toBe(true);
});

test('one that answers in time is not hurried afterwards', async () => {
  const streams = new PassThrough();
  await expect(startWithin({ start: async () => streams }, {}, 10)).resolves.toBe(streams);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(streams.destroyed).toBe(false);
});
