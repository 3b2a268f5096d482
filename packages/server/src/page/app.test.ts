import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Overview } from '../monitor/overview.ts';
import { exampleCondition, exampleNowMs, exampleSource } from '../monitor/testing.ts';
import { pageApp } from './app.ts';
import { attemptsOf } from './door/attempts.ts';
import { doorOf } from './door/who.ts';
import { liveOf } from './live.ts';
import type { PageFacts } from './page.ts';
import { assets } from './parts/document.ts';
import { exampleFacts, exampleNight } from './testing.ts';

const log = pino({ level: 'silent' });
const start = (facts: PageFacts = exampleFacts(), password: string | null = null) => {
  const live = liveOf(facts.onChange);
  const door = doorOf(
    { password, proxy: null },
    attemptsOf(() => 0),
  );
  const guard = { hosts: () => ['berth.example.org'], door, addressOf: () => '192.0.2.1', log };
  const app = pageApp({ facts, guard, live, log });
  const get = (path: string, init: RequestInit = {}) =>
    app.request(path, { ...init, headers: { host: 'localhost', ...init.headers } });
  return { app, get, live };
};
const paths = ['/', '/sources/laptop', '/settings', '/metrics', '/live', '/style.css', '/live.js', '/nothing'];

test('every page is there, and says what it is', async () => {
  const { get, live } = start();
  for (const [path, word] of [
    ['/', 'What needs doing'],
    ['/sources/laptop', 'Bring files back'],
    ['/settings', 'Telling people'],
  ] as const) {
    const answer = await get(path);
    expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=UTF-8']);
    expect(await answer.text()).toContain(word);
  }
  const metrics = await get('/metrics');
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await metrics.text()).toContain('berth_example 1');
  expect([(await get('/nothing')).status, (await get('/sources/nobody')).status]).toEqual([404, 404]);
  live.close();
});

test("a phone's page shows its folders, its mirror and its Syncthing, and no commands for a machine that it is not", async () => {
  const { get, live } = start();
  const page = (await (await get('/sources/phone')).text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  expect(page).toContain('arrives in /volume1/phones/phone ');
  expect(page).toContain('seen Syncthing saw the phone 2 h ago');
  expect(page).toContain('mirror /volume1/photos/phone ');
  expect(page).toContain('last 24 hours 14 photos came, 3 were edited (older versions kept)');
  expect(page).toContain('keeps as by default ');
  expect(page).not.toContain('agent.yaml');
  expect(page).toContain('key none: it is backed up on this server');
  expect(page).toContain('berth-server phone restore phone --to /tmp/restored');
  expect(page).not.toMatch(/On phone|berth restore|rclone/);
  const machine = await (await get('/sources/laptop')).text();
  expect(machine).not.toMatch(/id="phone"|berth-server phone/);
  live.close();
});

test("a phone's page says what is missing and how often its mirror failed", async () => {
  const overview = exampleNight();
  const facts = exampleFacts(overview);
  const { get, live } = start(facts);
  const { phone = null } = overview.sources.find(({ name }) => name === 'phone') ?? {};
  if (phone?.mirror == null) throw new Error('there is one');
  const mirror = { ...phone.mirror, failures: 3, goodAt: null };
  facts.change('phone', { phone: { ...phone, ingest: 'missing', mirror } });
  const page = (await (await get('/sources/phone')).text()).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  expect(page).toContain('/volume1/phones/phone missing');
  expect(page).toMatch(/last complete never last tried just now, [^<]* failed 3 times/);
  facts.change('phone', { phone: null });
  expect(await (await get('/sources/phone')).text()).toContain('Syncthing has not been asked yet');
  live.close();
});

test('nothing but reading is answered', async () => {
  const { get, live } = start();
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    for (const path of paths) expect([method, path, (await get(path, { method })).status]).toEqual([method, path, 405]);
  live.close();
});

test('a name that is none of ours is answered nowhere', async () => {
  const { get, live } = start();
  for (const path of [...paths, '/healthz'])
    expect([path, (await get(path, { headers: { host: 'evil.example' } })).status]).toEqual([path, 421]);
  expect((await get('/', { headers: { host: 'berth.example.org' } })).status).toBe(200);
  live.close();
});

test('without the password there is nothing to see but that it lives', async () => {
  const { get, live } = start(exampleFacts(), 'secret');
  for (const path of paths) expect([path, (await get(path)).status]).toEqual([path, 401]);
  expect(await (await get('/healthz')).text()).toBe('ok\n');
  const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`;
  expect((await get('/', { headers: { authorization } })).status).toBe(200);
  const wrong = { headers: { authorization: `Basic ${Buffer.from('me:wrong').toString('base64')}` } };
  for (let index = 0; index < 5; index += 1) expect((await get('/', wrong)).status).toBe(401);
  const late = await get('/', { headers: { authorization } });
  expect([late.status, late.headers.get('retry-after')]).toEqual([429, '1']);
  live.close();
});

test('no answer may be framed, guessed at, kept, or run a foreign script', async () => {
  const { get, live } = start(exampleFacts(), null);
  for (const path of ['/', '/metrics', '/nothing', '/live']) {
    const { headers, body } = await get(path);
    await body?.cancel();
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect([path, headers.get('cache-control')]).toEqual([path, 'no-store']);
  }
  live.close();
});

test('style and script are kept for ever under the name that the pages use', async () => {
  const { get, live } = start();
  const page = await (await get('/')).text();
  for (const [path, { hash }] of Object.entries(assets)) {
    expect(page).toContain(`${path}?v=${hash}`);
    expect((await get(`${path}?v=${hash}`)).headers.get('cache-control')).toContain('immutable');
    expect((await get(`${path}?v=old`)).headers.get('cache-control')).toBe('no-cache');
    expect((await get(path, { headers: { 'if-none-match': `"${hash}"` } })).status).toBe(304);
  }
  expect(page).not.toMatch(/ style=| on[a-z]+=|<style|<script>/);
  live.close();
});

test('asking for the head of the live stream leaves nobody listening', async () => {
  const { get, live } = start();
  expect((await get('/live', { method: 'HEAD' })).status).toBe(200);
  expect(live.listeners()).toBe(0);
  const { body } = await get('/live');
  expect(live.listeners()).toBe(1);
  await body?.cancel();
  expect(live.listeners()).toBe(0);
  live.close();
});

test('before anything is known it says so, and when to come again', async () => {
  const { get, live } = start(exampleFacts(null));
  const answer = await get('/');
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await answer.text()).toContain('The server is starting');
  const metrics = await get('/metrics');
  expect([metrics.status, metrics.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await metrics.text()).toContain('nothing is known yet');
  live.close();
});

const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\u001b[2J\u202Etxt.exe\r\nBcc: a@example.org`;

test('whatever a source says is text, on every page', async () => {
  const words = `${hostile}${'A'.repeat(1_000_000)}`;
  const source = exampleSource('laptop', 'failing', exampleNowMs, {
    ...{ words, policy: { retention: null, prune: null, check: null }, keyFingerprints: [hostile] },
    now: { kind: 'running', sinceMs: 0, step: hostile, percent: 1 },
  });
  const overview: Overview = {
    ...exampleNight(1),
    sources: [source],
    conditions: [exampleCondition({ source: hostile, text: words, remedy: words, code: hostile })],
    tight: [{ text: hostile, remedy: hostile }],
    jobs: [{ source: hostile, job: hostile }],
  };
  const calm = exampleFacts(overview);
  const [run] = calm.history.runs('laptop', 1);
  const report = run === undefined ? null : calm.history.report('laptop', run.run);
  if (run === undefined || report === null) throw new Error('no run');
  const steps = report.steps.map((step) => ({ ...step, words: [hostile, words], warnings: [words] }));
  const facts = exampleFacts(overview, {
    changes: () => [{ atMs: 0, lines: [words] }],
    events: () => calm.events().map((event) => ({ ...event, text: words, source: hostile })),
    history: {
      ...calm.history,
      runs: () => [{ ...run, message: words, reason: hostile }],
      report: () => ({ ...report, steps, message: words, remedy: words, warnings: [hostile] }),
    },
  });
  const { get, live } = start(facts);
  for (const path of ['/', '/sources/laptop', '/settings', `/?q=${encodeURIComponent(hostile)}`]) {
    const page = await (await get(path)).text();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<img/);
    expect([...page].filter((character) => /[\p{Cc}\p{Cf}]/u.test(character) && character !== '\n')).toEqual([]);
    expect([path, page.length < 100_000]).toEqual([path, true]);
  }
  live.close();
});

test('of a thousand sources the page shows those in trouble and a hundred more, and all of them on demand', async () => {
  const { get, live } = start(exampleFacts(exampleNight(1000)));
  const first = await (await get('/')).text();
  const all = await (await get('/?all=1')).text();
  expect(first.match(/<tr role="row" id=/g)).toHaveLength(104);
  expect(all.match(/<tr role="row" id=/g)).toHaveLength(1000);
  live.close();
});
