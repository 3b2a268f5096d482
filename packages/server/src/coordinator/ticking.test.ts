import { expect, test } from 'vitest';
import { keepTicking } from './ticking.ts';

test('it says that it goes on after every thirtieth tick, and not while a tick hangs', async () => {
  const stopping = new AbortController();
  let ticks = 0;
  const said: number[] = [];
  const tick = async (): Promise<void> => {
    ticks += 1;
    if (ticks === 90) stopping.abort();
  };
  await keepTicking({ tick }, stopping.signal, () => said.push(ticks), 0);
  expect(said).toEqual([30, 60, 90]);

  const hanging = new AbortController();
  const mute: number[] = [];
  void keepTicking({ tick: () => new Promise(() => undefined) }, hanging.signal, () => mute.push(1), 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  hanging.abort();
  expect(mute).toEqual([]);
});
