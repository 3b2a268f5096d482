import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { groupCommit } from './group-commit.ts';

const slowSync = () => {
  const finish: ((error?: Error) => void)[] = [];
  const sync = () =>
    new Promise<void>((resolve, reject) => finish.push((error) => (error ? reject(error) : resolve())));
  return { sync, finish };
};

test('ten callers at once cost two syncs', async () => {
  const { sync, finish } = slowSync();
  const commit = groupCommit(sync);
  const all = Array.from({ length: 10 }, () => commit());
  finish[0]?.();
  await turn();
  finish[1]?.();
  await Promise.all(all);
  expect(finish).toHaveLength(2);
});

test('no caller is answered by a sync that began before it called', async () => {
  const { sync, finish } = slowSync();
  const commit = groupCommit(sync);
  const first = commit();
  let secondDone = false;
  const second = commit().then(() => {
    secondDone = true;
  });
  finish[0]?.();
  await first;
  await turn();
  expect(secondDone).toBe(false);
  finish[1]?.();
  await second;
});

test('a failed sync fails those it covered and only those', async () => {
  const { sync, finish } = slowSync();
  const commit = groupCommit(sync);
  const first = commit();
  const second = commit();
  finish[0]?.(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await turn();
  finish[1]?.();
  await expect(second).resolves.toBeUndefined();
});
