import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ClientKey, eventually, type TestReceiver, type TestSource, withReceiver } from './helpers/receiver.ts';
import { randomObject, restClientOf } from './helpers/rest-client.ts';

const machines = Array.from({ length: 20 }, (_, index) => `machine-${index}`);
const [rotated = '', keptKey = '', removed = '', removedToo = ''] = machines;
/** A change is noticed within 2 s, and what lost its right has ended within 5 s. */
const endedWithinMs = 5000;

test('sources added, rotated and removed during 20 running backups: only the removed and the rotated end, within 5 s', async () => {
  await using receiver = await withReceiver();
  const listed = new Map<string, TestSource>();
  const keys = new Map<string, ClientKey>();
  for (const [index, name] of machines.entries()) {
    const key = await receiver.makeKey();
    keys.set(name, key);
    listed.set(name, { uid: 20_000 + index, keys: [key.line] });
  }
  const keyOf = (name: string): string => keys.get(name)?.line ?? '';
  const apply = (): Promise<void> => receiver.writeSources(Object.fromEntries(listed));
  await apply();
  await eventually('they are in force', 5000, async () => receiver.log.includes(`"sources":${machines.length}`));

  await using backups = await startBackups(receiver, keys);
  expect(backups.ended()).toEqual([]);

  // One added, and one given a second key beside the one it runs by: nobody ends.
  const [newcomer, next] = [await receiver.makeKey(), await receiver.makeKey()];
  listed.set('newcomer', { uid: 21_000, keys: [newcomer.line] });
  listed.set(keptKey, { uid: 20_001, keys: [keyOf(keptKey), next.line] });
  await apply();
  await eventually('the new one is let in', 15_000, () => receiver.letsIn('newcomer', newcomer));
  await eventually('so is the second key', 15_000, () => receiver.letsIn(keptKey, next));

  // One rotated, two removed, one more added, all in one edit.
  const successor = await receiver.makeKey();
  listed.set(rotated, { uid: 20_000, keys: [successor.line] });
  listed.delete(removed);
  listed.delete(removedToo);
  listed.set('later', { uid: 21_001, keys: [(await receiver.makeKey()).line] });
  await apply();
  const losers = [rotated, removed, removedToo];
  await eventually('the losers have ended', endedWithinMs, async () =>
    losers.every((name) => backups.ended().includes(name)),
  );
  await eventually('the next key is let in', 15_000, () => receiver.letsIn(rotated, successor));
  // As long again, in case one ends late that should not.
  await sleep(endedWithinMs);
  expect(backups.ended()).toEqual(losers);

  const answers = await backups.finish();
  expect(answers).toEqual(machines.map((name) => [name, losers.includes(name) ? 'cut' : 200]));
});

/**
 * A running upload of every machine, a little at a time for as long as it takes; `finish` sends the rest and gives each
 * one's answer.
 */
const startBackups = async (receiver: TestReceiver, keys: ReadonlyMap<string, ClientKey>) => {
  const pieceBytes = 8 * 1024;
  const finishing = new AbortController();
  const running = await Promise.all(
    [...keys].map(async ([name, key]) => {
      const client = await restClientOf(receiver, name, key);
      const created = await client.request('POST', '/?create=true');
      const { bytes, path } = randomObject(2 * 1024 * 1024);
      const stream = client.upload(path, bytes.length);
      const answer = Promise.withResolvers<number | 'cut'>();
      stream.on('response', (headers) => answer.resolve(Number(headers[':status'])));
      stream.on('close', () => answer.resolve('cut'));
      let hasEnded = created.status !== 200;
      void client.exited().then(() => {
        hasEnded = true;
      });
      const send = async (): Promise<void> => {
        let sent = 0;
        while (!finishing.signal.aborted && !hasEnded && sent + pieceBytes < bytes.length) {
          stream.write(bytes.subarray(sent, sent + pieceBytes));
          sent += pieceBytes;
          await sleep(250, undefined, { signal: finishing.signal }).catch(() => undefined);
        }
        if (!stream.destroyed) stream.end(bytes.subarray(sent));
      };
      return { name, client, sending: send(), answer: answer.promise, hasEnded: () => hasEnded };
    }),
  );
  return {
    /** Those whose connection is over, in the order of the list. */
    ended: (): readonly string[] => running.filter(({ hasEnded }) => hasEnded()).map(({ name }) => name),
    finish: async (): Promise<readonly (readonly [string, number | 'cut'])[]> => {
      finishing.abort();
      return Promise.all(
        running.map(async ({ name, sending, answer }) => {
          await sending;
          return [name, await answer] as const;
        }),
      );
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      finishing.abort();
      await Promise.all(running.map(({ client }) => client[Symbol.asyncDispose]()));
    },
  };
};
