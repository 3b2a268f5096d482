import { expect, test } from 'vitest';
import { guardedRequest } from './http.ts';
import { lastBytes, type Ping, sendPing } from './ping.ts';
import { type Answer, exampleAtMs, type Got, hostileText, standIn } from './testing.ts';

const run = '123e4567-e89b-12d3-a456-426614174000';
const uuid = '5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278';
const ping = (change: Partial<Ping>): Ping => ({
  ...{ kind: 'success', run, words: 'laptop: snapshot 1a2b3c4d.', log: '', durationMs: 61_000, ...change },
});

const sent = async (
  type: 'healthchecks' | 'uptime-kuma',
  path: string,
  one: Ping,
  { answer = { status: 200 }, keptBytes = null }: { readonly answer?: Answer; readonly keptBytes?: number | null } = {},
): Promise<{ readonly got: readonly Got[]; readonly kept: number | null }> => {
  await using server = await standIn(() => answer);
  const settings = { type, url: `${server.url}${path}`, allowPrivate: true };
  const tools = { request: guardedRequest(), nowMs: () => exampleAtMs };
  const kept = await sendPing(settings, one, tools, { signal: new AbortController().signal, keptBytes });
  return { got: server.got, kept };
};

test('Healthchecks hears of a run from its start to its end under one id', async () => {
  const paths = [];
  for (const kind of ['start', 'success', 'failure', 'noted'] as const) {
    const { got } = await sent('healthchecks', `/${uuid}`, ping({ kind }));
    paths.push(`${got[0]?.method} ${got[0]?.path}`);
  }
  expect(paths).toEqual([
    `POST /${uuid}/start?rid=${run}`,
    `POST /${uuid}?rid=${run}`,
    `POST /${uuid}/fail?rid=${run}`,
    `POST /${uuid}/log?rid=${run}`,
  ]);
});

test('a URL with a slug, and what stands in its query, stay as they are', async () => {
  const { got } = await sent('healthchecks', '/ping-key/laptop/?create=1', ping({ kind: 'failure', run: null }));
  expect(got[0]?.path).toBe('/ping-key/laptop/fail?create=1');
});

test('a failure carries the end of the log, as much of it as the service keeps', async () => {
  const log = Array.from({ length: 20_000 }, (_, line) => `line ${line} é`).join('\n');
  const usual = await sent('healthchecks', `/${uuid}`, ping({ kind: 'failure', log }), {
    answer: { status: 200, headers: { 'Ping-Body-Limit': '100000' } },
  });
  expect(usual.kept).toBe(100_000);
  expect(Buffer.byteLength(usual.got[0]?.body ?? '')).toBeLessThanOrEqual(10_000);
  const told = await sent('healthchecks', `/${uuid}`, ping({ kind: 'failure', log }), { keptBytes: usual.kept });
  const body = told.got[0]?.body ?? '';
  expect(Buffer.byteLength(body)).toBeGreaterThan(99_000);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(100_000);
  expect(body).toMatch(/^laptop: snapshot 1a2b3c4d\.\n\n… \(\d+ more bytes before this were cut\)\n/);
  expect(body).toMatch(/line 19999 é$/);
});

test('a log that a source wrote moves no cursor', async () => {
  const { got } = await sent(
    'healthchecks',
    `/${uuid}`,
    ping({ kind: 'failure', log: hostileText, words: hostileText }),
  );
  expect(got[0]?.body).not.toMatch(/[^\P{Cc}\n]/u);
});

test('Uptime Kuma hears how it ended, and nothing of beginnings', async () => {
  const path = '/api/push/AbCdEf123?status=up&msg=OK&ping=';
  const good = await sent('uptime-kuma', path, ping({}));
  expect(good.got[0]?.path).toBe('/api/push/AbCdEf123?status=up&msg=laptop%3A+snapshot+1a2b3c4d.&ping=61000');
  const bad = await sent('uptime-kuma', path, ping({ kind: 'failure', words: `no\r\n&status=up ${'x'.repeat(500)}` }));
  const query = new URL(bad.got[0]?.path ?? '', 'http://x').searchParams;
  expect(query.getAll('status')).toEqual(['down']);
  expect(query.get('msg')).toMatch(/^no &status=up x+ … \(\d+ more characters were cut\)$/);
  expect(bad.got[0]?.method).toBe('GET');
  expect((await sent('uptime-kuma', path, ping({ kind: 'start' }))).got).toEqual([]);
});

test('a check that is not known is said without its URL', async () => {
  const sending = sent('healthchecks', `/${uuid}`, ping({}), { answer: { status: 404, body: `not found: ${uuid}` } });
  await expect(sending).rejects.toMatchObject({ isFinal: true, message: expect.not.stringContaining(uuid) });
});

test('the end of a text is whole characters', () => {
  expect(lastBytes('abc', 3)).toBe('abc');
  const cut = lastBytes('é'.repeat(100), 100);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(100);
  expect(cut).toMatch(/^… \(100 more bytes before this were cut\)\né+$/);
  expect(lastBytes('abcdef', 3)).toBe('');
});
