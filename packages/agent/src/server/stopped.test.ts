import { expect, test } from 'vitest';
import type { Control } from './control.ts';
import { createCoordinator } from './coordinator.ts';
import type { Question } from './exchange.ts';

/** A session whose coordinator hangs; it remembers what it was asked. */
const hanging = () => {
  const asked: Question[] = [];
  let ended = 0;
  const ask: Control['ask'] = (question) => {
    asked.push(question);
    return new Promise(() => undefined);
  };
  const line = { control: { ask, close: () => undefined }, end: () => (ended += 1) };
  return { asked, line, ended: () => ended };
};

test('what is being asked of a coordinator that hangs ends with the signal, and so does the connection', async () => {
  const { line, ended } = hanging();
  const stopping = new AbortController();
  const coordinator = createCoordinator(async () => line, stopping.signal);
  const asking = coordinator.assignment();
  setImmediate(() => stopping.abort());
  expect(await asking).toEqual({ kind: 'failed', detail: 'stopped' });
  await coordinator[Symbol.asyncDispose]();
  expect(ended()).toBe(1);
});

test('after the signal a report is still handed in, but not waited for long', async () => {
  const { asked, line } = hanging();
  const stopping = new AbortController();
  stopping.abort();
  const coordinator = createCoordinator(async () => line, stopping.signal);
  void coordinator.usage();
  await new Promise(setImmediate);
  expect(asked).toMatchObject([{ path: '/v1/usage', deadlineMs: 3_000 }]);
});
