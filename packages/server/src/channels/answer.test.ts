import { expect, test } from 'vitest';
import { accept, retryAfterMs, saysSecret, secretsOf } from './answer.ts';
import { ChannelError } from './channel.ts';

const nowMs = Date.parse('2026-11-21T06:00:00Z');
const service = { name: 'The service', remedy: 'Look at its token.', secrets: ['s3cr3t-token'] };
const judged = (status: number, body = '', headers: Record<string, string> = {}) => {
  try {
    accept({ status, body, headers }, service, nowMs);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    return error;
  }
};

test('2xx is a delivery, and nothing else is', () => {
  for (const status of [200, 201, 202, 204]) expect(judged(status)).toBe('taken');
  for (const status of [0, 101, 199, 300, 304, 400, 500]) expect(judged(status)).toBeInstanceOf(ChannelError);
});

test('what can not become better is final, what may pass is not', () => {
  for (const status of [301, 400, 401, 403, 404, 410, 413, 422])
    expect(judged(status)).toMatchObject({ isFinal: true });
  for (const status of [408, 425, 429, 500, 502, 503, 504]) expect(judged(status)).toMatchObject({ isFinal: false });
});

test('a wait is seconds or a date, at most a day, and nonsense is none', () => {
  expect(retryAfterMs('120', nowMs)).toBe(120_000);
  expect(retryAfterMs('1.5', nowMs)).toBe(1500);
  expect(retryAfterMs('Sat, 21 Nov 2026 06:01:00 GMT', nowMs)).toBe(60_000);
  expect(retryAfterMs('Sat, 21 Nov 2020 06:01:00 GMT', nowMs)).toBe(0);
  expect(retryAfterMs('99999999', nowMs)).toBe(24 * 3_600_000);
  for (const nonsense of [null, '', 'soon', '-5']) expect(retryAfterMs(nonsense, nowMs) ?? 0).toBe(0);
});

test('the words of the service are quoted, on one line and short, but for pages and for what says a secret', () => {
  expect(judged(400, '{"error":\n"no such chat\u001b[2J"}')).toMatchObject({
    message: 'The service answered 400: {"error": "no such chat [2J"}.',
  });
  expect(judged(400, '<html>oops')).toMatchObject({ message: 'The service answered 400.' });
  expect(judged(400, `no: ${Buffer.from('s3cr3t-token').toString('base64')}`)).toMatchObject({
    message: 'The service answered 400.',
  });
  const long = judged(400, 'x'.repeat(5000));
  expect(long instanceof ChannelError && long.message.length).toBeLessThan(300);
});

test('a secret is known in each spelling in which it travels', () => {
  const secret = 'a:b/"c d"';
  for (const text of [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    Buffer.from(secret).toString('hex'),
  ]) {
    expect(saysSecret(`x ${text} y`, [secret])).toBe(true);
  }
  expect(saysSecret('nothing here', [secret])).toBe(false);
  expect(secretsOf('https://u:pass1@h.example/services/T000/abcdefghij?k=v')).toEqual(
    expect.arrayContaining(['abcdefghij', 'pass1', '?k=v', '/services/T000/abcdefghij']),
  );
});

test('nothing of a URL but its host is repeated, however the service read it', () => {
  const url = 'https://us%65r:p%40ss%20word@h.example/a%2Fb%2Fc%2Fd%2Fe/x?token=s3cr%2Bt-token&v=1';
  const [path, query] = ['a/b/c/d/e', 's3cr+t-token'];
  const login = Buffer.from('user:p@ss word').toString('base64');
  for (const said of [url, path, query, 'p@ss word', 'p%40ss%20word', `Basic ${login}`, 'user'])
    expect([said, saysSecret(`no: ${said}.`, secretsOf(url))]).toEqual([said, true]);
  expect(saysSecret('h.example says: no such place', secretsOf(url))).toBe(false);
});
