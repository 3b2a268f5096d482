import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openContainers } from '../../packages/agent/src/containers/docker.ts';
import { planGroups } from '../../packages/agent/src/containers/groups.ts';
import { lookAt } from '../../packages/agent/src/containers/paths.ts';
import { quiesceContainers } from '../../packages/agent/src/containers/quiesce.ts';
import { openBook } from '../../packages/agent/src/recover/book.ts';
import { withEngine } from '../../scripts/docker/engine.ts';
import { allowed, withAllowListProxy } from '../helpers/allow-list-proxy.ts';
import { buildQuietImage, withQuiet } from './quiet.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await withEngine();
  await buildQuietImage();
}, 300_000);
afterAll(() => engine[Symbol.asyncDispose]());

const socket = '/var/run/docker.sock';
const go = new AbortController().signal;

test('all of berth’s work goes through a proxy that lets through the documented list, and nothing else is asked for', async () => {
  await using proxy = await withAllowListProxy(socket);
  await using containers = await openContainers(proxy.address, {});
  await using quiet = await withQuiet();
  await quiet.add('stopped', ['berth.backup=stop']);
  await quiet.add('paused', ['berth.backup=pause']);
  await quiet.add('hooked', ['berth.backup=exec', 'berth.before=touch /data/mark', 'berth.after=rm /data/mark']);
  const state = await mkdtemp(join(tmpdir(), 'berth-state-'));
  const things = openBook(join(state, 'unfinished.json'), () => new Date());
  const quiesce = quiesceContainers({
    ...{ containers, things, elapsed: () => performance.now() },
    sleep: (delayMs, signal) => sleep(delayMs, undefined, { signal }).catch(() => undefined),
  });
  const planned = await planGroups({ engine: null, labels: true, stop: [] }, containers, { own: null, look: lookAt });
  const ours = planned.filter(({ group }) => group.name.startsWith(quiet.name));
  expect(ours).toHaveLength(3);
  for (const { group, problem } of ours) {
    expect(problem).toBeNull();
    await (await quiesce.down(group, go)).up();
  }
  const hooked = await containers.find({ name: quiet.called('hooked') });
  const out: Buffer[] = [];
  const stdin = (async function* () {
    yield Buffer.from('through and through');
  })();
  const onStdout = (chunk: Uint8Array) => void out.push(Buffer.from(chunk));
  const end = await containers.exec(hooked, { argv: ['cat'], stdin, onStdout }, go);
  expect({ end, out: Buffer.concat(out).toString() }).toEqual({
    ...{ end: { code: 0, stderr: [] }, out: 'through and through' },
  });
  expect(await Promise.all(['stopped', 'paused', 'hooked'].map((service) => quiet.stateOf(service)))).toEqual([
    ...['running', 'running', 'running'],
  ]);
  expect(proxy.refused).toEqual([]);
  await rm(state, { recursive: true });
});

test('what the proxy keeps back is said as its doing, and nothing is stopped that could not be started', async () => {
  await using proxy = await withAllowListProxy(
    socket,
    allowed.filter((rule) => !rule.source.includes('exec')),
  );
  await using containers = await openContainers(proxy.address, {});
  await using quiet = await withQuiet();
  await quiet.add('wiki');
  const wiki = await containers.find({ name: quiet.called('wiki') });
  await expect(containers.exec(wiki, { argv: ['true'] }, go)).rejects.toMatchObject({
    ...{ code: 'engine-refused', remedy: expect.stringContaining('docs/containers.md') },
  });
  expect(proxy.refused).toEqual([`POST /containers/${wiki.id}/exec`]);
});

test('the documentation names every request that the list lets through', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/containers.md'), 'utf8');
  for (const line of [
    'GET /_ping',
    'GET /containers/json',
    'GET /containers/*/json',
    'POST /containers/*/(start|stop|pause|unpause)',
    'POST /containers/*/exec',
    'POST /exec/*/start',
    'GET /exec/*/json',
  ]) {
    expect(page).toContain(line);
  }
});
