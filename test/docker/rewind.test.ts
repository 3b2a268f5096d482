import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../helpers/receiver.ts';
import { randomObject, restClientOf } from '../helpers/rest-client.ts';
import { withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

const history = z.object({ stretches: z.array(z.object({ quiet: z.number().nullable(), snapshots: z.number() })) });

test('in the container an admin sees the past of a source, ends its session, and rewinds it', {
  timeout: 300_000,
}, async () => {
  await using container = await withContainer();
  const key = await container.door.makeKey();
  await container.writeConfig(`sources:\n  laptop: { uid: 31001, key: '${key.line}' }\n`);
  await eventually('the source gets in', 20_000, () => container.door.letsIn('laptop', key));
  await using client = await restClientOf(container.door, 'laptop', key);
  const pack = randomObject(1000);
  const [lock, snapshot] = [randomObject(100, 'locks'), randomObject(200, 'snapshots')];
  for (const { path, bytes } of [lock, pack, snapshot])
    expect((await client.request('POST', path, bytes)).status).toBe(200);
  for (const { path } of [lock, snapshot, pack]) expect((await client.request('DELETE', path)).status).toBe(200);

  const told = await container.exec(['berth-server', 'history', 'laptop', '--json']);
  const [first, second] = history.parse(JSON.parse(told.stdout)).stretches;
  expect([first?.snapshots, second?.snapshots]).toEqual([1, 0]);
  const rewind = ['berth-server', 'rewind', 'laptop', '--to', String(first?.quiet)];
  expect(await container.exec([...rewind, '--yes'])).toMatchObject({
    exitCode: 6,
    stdout: expect.stringContaining('regained'),
  });
  expect(await container.exec([...rewind, '--yes', '--end-sessions'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await client.exited()).not.toBe(0);

  await using again = await restClientOf(container.door, 'laptop', key);
  expect((await again.request('GET', pack.path)).body).toEqual(pack.bytes);
  expect((await again.request('GET', snapshot.path)).body).toEqual(snapshot.bytes);
});
