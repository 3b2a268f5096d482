import { expect, test } from 'vitest';
import { measured, resultOf } from './helpers/bench.ts';

test('bench:downtime stops a container for its copy in three ways, and starts it again', async () => {
  const way = { seconds: [measured], middle: measured };
  expect(await resultOf('downtime.ts', '--size', '16', '--rounds', '1')).toEqual({
    ...{ mebibytes: 16, cold: way, warm: way, snapshot: way },
  });
});
