import { expect, test } from 'vitest';
import { Latest } from './latest.ts';

test('whoever follows a value hears the one there is, and the newest whenever it changes, until it is over', async () => {
  const quiet = new Latest<boolean | null>(null);
  const heard: (boolean | null)[] = [];
  const following = (async () => {
    for await (const value of quiet.follow()) heard.push(value);
  })();
  await Promise.resolve();
  for (const value of [false, false, true]) {
    quiet.set(value);
    await new Promise((resolve) => setImmediate(resolve));
  }
  quiet.end();
  await following;
  expect(heard).toEqual([null, false, true]);
});
