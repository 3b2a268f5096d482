import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Outbox } from './outbox.ts';

/** What a listener has been told since it was last asked, in short. */
const listener = (highWaterMark?: number) => {
  const stream = new PassThrough(highWaterMark === undefined ? {} : { highWaterMark });
  const told = (): readonly string[] => {
    const text: unknown = stream.read();
    const lines = Buffer.isBuffer(text) ? text.toString().trim().split('\n') : [];
    return lines.map((line) => String(JSON.parse(line).text));
  };
  return { stream, told };
};
const outboxOf = (...known: readonly string[]) => {
  const outbox = new Outbox<{ readonly text: string }>('config');
  const say = (what: string, text = what): void => outbox.say(what, { text });
  for (const what of known) say(what);
  return { outbox, say };
};

test('a new child is told everything, what is in force first; then each change', () => {
  const { outbox, say } = outboxOf('working', 'stored laptop', 'config');
  say('stored laptop', 'stored laptop anew');
  const first = listener();
  outbox.connect(first.stream);
  expect(first.told()).toEqual(['config', 'working', 'stored laptop anew']);
  say('working', 'scrub');
  say('stored nas');
  expect(first.told()).toEqual(['scrub', 'stored nas']);
  outbox.connect(null);
  say('stored nas', 'stored nas anew');
  const second = listener();
  outbox.connect(second.stream);
  expect(second.told()).toEqual(['config', 'scrub', 'stored laptop anew', 'stored nas anew']);
  expect(first.told()).toEqual([]);
});

test('it hears nothing before something is in force, and of what is gone nothing more', () => {
  const { outbox, say } = outboxOf();
  const { stream, told } = listener();
  outbox.connect(stream);
  say('stored laptop');
  expect(told()).toEqual([]);
  say('config');
  expect(told()).toEqual(['config', 'stored laptop']);
  outbox.forget('stored laptop');
  expect(outbox.kinds()).toEqual(['config']);
  outbox.connect(stream);
  expect(told()).toEqual(['config']);
});

test('one that does not listen is told the newest once it does, however much there was to say', async () => {
  const { outbox, say } = outboxOf('config');
  const { stream, told } = listener(16);
  outbox.connect(stream);
  for (let count = 0; count < 10_000; count += 1) say('stored laptop', `stored ${count}`);
  expect(stream.writableLength + stream.readableLength).toBeLessThan(2000);
  const heard: string[] = [];
  for (let turns = 0; turns < 10; turns += 1) {
    heard.push(...told());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(heard).toEqual(['config', 'stored 9999']);
});
