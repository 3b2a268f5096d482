import { expect, test } from 'vitest';
import type { Word } from '../../events/condition.ts';
import { syncthingUp } from '../../ingest/testing.ts';
import { phoneOf } from './testing.ts';
import { watchedOf } from './watched.ts';
import type { WatcherHears } from './watcher.ts';
import { Watching } from './watching.ts';

test('there is one watcher while there is somebody to watch, it is believed of those alone, and starts anew with the network', async () => {
  const happened: string[] = [];
  const heard: WatcherHears[] = [];
  const said: Word[] = [];
  let network = 'one';
  const watching = new Watching(
    {
      watched: (phones) =>
        watchedOf(phones, { folder: '/e', read: () => ({ kind: 'read', bytes: Buffer.from('k'), mode: 0o600 }) }),
      makeWatcher: (hears) => {
        heard.push(hears);
        return {
          tell: () => happened.push('told'),
          start: () => happened.push('started'),
          restart: () => happened.push('anew'),
          letEnd: () => undefined,
          stop: async () => void happened.push('ended'),
        };
      },
      networkMark: () => network,
      keeper: { say: async (words) => void said.push(...words) },
    },
    {
      onState: (name) => happened.push(`state of ${name}`),
      onChanged: (name) => happened.push(`change of ${name}`),
      onGone: () => happened.push('gone'),
    },
  );
  watching.start();
  watching.watch([phoneOf({ ingest: '' })]);
  expect(happened).toEqual([]);
  expect(said).toEqual([{ resolve: 'job-failed::watcher' }]);
  watching.watch([phoneOf()]);
  watching.watch([phoneOf()]);
  expect(happened.splice(0)).toEqual(['told', 'started']);
  for (const name of ['another', 'lisa-phone']) {
    heard[0]?.onState(name, syncthingUp(0));
    heard[0]?.onChanged(name);
  }
  expect(happened.splice(0)).toEqual(['state of lisa-phone', 'change of lisa-phone']);
  watching.lookAtNetwork();
  network = 'two';
  watching.lookAtNetwork();
  watching.lookAtNetwork();
  expect(happened.splice(0)).toEqual(['anew']);
  watching.watch([]);
  await watching.stop();
  expect(happened).toEqual(['ended']);
});
