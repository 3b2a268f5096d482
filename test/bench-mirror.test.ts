import { expect, test } from 'vitest';
import { measured, resultOf } from './helpers/bench.ts';

test('bench:mirror measures a pass over files of which none has changed, beside rsync', async () => {
  const times = { quickest: measured, middle: measured };
  expect(await resultOf('mirror.ts', '--files', '1500', '--rounds', '2')).toEqual({
    ...{ files: 1500, berth: times, inside: times, rsync: times, lostIndexSeconds: measured },
  });
});
