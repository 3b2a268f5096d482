import { createServer } from 'node:net';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { PageFacts } from './page.ts';
import { servePage } from './serve.ts';
import { exampleFacts } from './testing.ts';

const log = pino({ level: 'silent' });
const settings = { address: '127.0.0.1', port: 0, hosts: [], password: null, proxy: null };

test('it answers until it is closed, also while somebody listens', async () => {
  const facts = exampleFacts();
  let listening = 0;
  const onChange: PageFacts['onChange'] = (listener) => {
    const stop = facts.onChange(listener);
    listening += 1;
    return () => {
      listening -= 1;
      stop();
    };
  };
  const page = await servePage({ ...facts, onChange }, settings, log);
  expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(page.url)).status).toBe(200);
  const live = await fetch(`${page.url}/live`);
  const reader = live.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('retry');
  await page.close();
  await expect(fetch(page.url)).rejects.toThrow('fetch failed');
  expect(listening).toBe(0);
});

test('a listener that hangs up is forgotten', async () => {
  const facts = exampleFacts();
  const page = await servePage(facts, settings, log);
  const opened = Array.from({ length: 32 }, async () => {
    const stop = new AbortController();
    await fetch(`${page.url}/live`, { signal: stop.signal });
    return stop;
  });
  const stops = await Promise.all(opened);
  expect((await fetch(`${page.url}/live`)).status).toBe(503);
  for (const stop of stops) stop.abort();
  await expect.poll(async () => (await fetch(`${page.url}/live`, { method: 'HEAD' })).status).toBe(200);
  const stop = new AbortController();
  await expect.poll(async () => (await fetch(`${page.url}/live`, { signal: stop.signal })).status).toBe(200);
  stop.abort();
  await page.close();
});

test('a port that another program has is a problem that says what to do', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const bound = other.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  await expect(servePage(exampleFacts(), { ...settings, port }, log)).rejects.toMatchObject({
    ...{ code: 'page-port', message: expect.stringContaining('another program has it') },
    remedy: expect.stringContaining('page.listen'),
  });
  other.close();
});

test('an address that this machine does not have is one, too', async () => {
  const address = '192.0.2.1';
  await expect(servePage(exampleFacts(), { ...settings, address }, log)).rejects.toMatchObject({ code: 'page-port' });
});
