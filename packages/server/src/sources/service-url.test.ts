import { describe, expect, test } from 'vitest';
import { parseServiceUrl, type Service } from './service-url.ts';

const here = (url: string, service: Service = 'webhook', allowPrivate = false) =>
  parseServiceUrl(url, service, allowPrivate);

describe('the URL of a service', () => {
  test.each<[Service, string, string]>([
    ['webhook', 'https://example.org/hook/', 'https://example.org/hook/'],
    ['webhook', 'https://example.org/hook?room=5', 'https://example.org/hook?room=5'],
    ['webhook', 'HTTPS://Example.org', 'https://example.org/'],
    ['slack', 'https://hooks.slack.com/services/T0/B0/x', 'https://hooks.slack.com/services/T0/B0/x'],
    ['slack', 'https://hooks.slack-gov.com/services/x', 'https://hooks.slack-gov.com/services/x'],
    ['slack', 'https://mattermost.example.org/hooks/x', 'https://mattermost.example.org/hooks/x'],
    ['discord', 'https://canary.discord.com/api/webhooks/1/x', 'https://canary.discord.com/api/webhooks/1/x'],
    ['ntfy', 'https://ntfy.sh/my-topic_1/', 'https://ntfy.sh/my-topic_1'],
    ['gotify', 'https://example.org/gotify/', 'https://example.org/gotify'],
    ['matrix', 'https://matrix.example.org/', 'https://matrix.example.org'],
    ['healthchecks', 'https://hc-ping.com/key/slug?create=1', 'https://hc-ping.com/key/slug?create=1'],
    ['healthchecks', 'https://hc.example.org/ping/1/', 'https://hc.example.org/ping/1'],
    ['uptime-kuma', 'https://k.example.org/api/push/x?status=up&msg=OK&ping=', 'https://k.example.org/api/push/x'],
  ])('of %s is taken as %s', (service, written, meant) => {
    expect(here(written, service)).toEqual({ ok: true, value: meant });
  });

  test.each([
    ...['https://10.0.0.1/x', 'https://127.1/x', 'https://0x7f000001/x', 'https://[::1]/x', 'https://[fe80::1]/x'],
    ...['https://169.254.169.254/x', 'https://100.64.0.1/x', 'https://[::ffff:192.168.1.1]/x', 'https://localhost/x'],
    ...['https://a.localhost./x', 'https://0.0.0.0/x', 'https://[fd00::1]/x'],
  ])('in a private network has to be allowed: %s', (url) => {
    expect(here(url)).toMatchObject({
      ok: false,
      code: 'private-address',
      remedy: expect.stringContaining('allow_private'),
    });
    expect(here(url, 'webhook', true)).toMatchObject({ ok: true });
    expect(here(url.replace('https', 'http'), 'webhook', true)).toMatchObject({ ok: true });
  });

  test('without TLS stays in the own network', () => {
    expect(here('http://gotify.lan', 'gotify', true)).toMatchObject({ ok: true });
    for (const url of ['http://example.org/x', 'http://8.8.8.8/x']) {
      expect(here(url)).toMatchObject({ ok: false, code: 'url-in-the-clear' });
    }
    for (const url of ['http://8.8.8.8/x', 'http://hooks.slack.com/x', 'http://[2606:4700::1]/x']) {
      expect(here(url, 'webhook', true)).toMatchObject({ ok: false, remedy: 'Write https:// instead.' });
    }
  });

  test.each([
    ...[
      'https://u:SECRET@example.org/',
      'https://SECRET@example.org/',
      'ftp://example.org/SECRET',
      'https://SECRET SECRET/',
    ],
    ...[
      'https://example.org/SECRET#x',
      'https://example.org/SE\nCRET',
      '//example.org/SECRET',
      'SECRET',
      'https://[SECRET',
    ],
    ...[`https://example.org/${'SECRET'.repeat(500)}`, 'http://example.org/SECRET', 'https://10.0.0.1/SECRET'],
  ])('that is refused is not repeated: %j', (url) => {
    const parsed = here(url);
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain('SECRET');
  });
});
