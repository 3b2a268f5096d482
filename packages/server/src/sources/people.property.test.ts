import { isLong, randomRuns } from '@berth/common/testing/random-runs.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { monitorSettingsSchema } from '../monitor/settings.ts';
import { settingsOf } from '../monitor/settings-of.ts';
import { shownSettings } from '../monitor/shown-settings.ts';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs } from './diff.ts';
import { parseSources } from './load.ts';
import { configOf } from './testing.ts';

/** What may stand anywhere: what is right somewhere, what is nearly right, and what is neither. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      'email',
      'ntfy',
      'slack',
      'healthchecks',
      'notice',
      'none',
      'off',
      'true',
      '',
      ' ',
      '6',
      '06:00',
      '22:00-07:00',
      '1d',
    ],
    ...[
      'smtp.example.org',
      'a@example.org',
      'a@example.org\r\nBcc: b@example.org',
      '127.0.0.1:8480',
      '0.0.0.0:8480',
      '[::1]:1',
    ],
    ...[
      'https://ntfy.sh/TOPIC',
      'http://192.168.1.2/x',
      'https://u:p@h/x',
      'https://[::1',
      'file:///x',
      '!a:b',
      '@name',
      '-5',
      '../x',
    ],
    ...[
      '10.0.0.0/8',
      '10.0.0.0/99',
      '::/0',
      'Remote-User',
      'constructor',
      '__proto__',
      '\u0000',
      '\u{202e}x',
      'x'.repeat(300),
    ],
    ...[0, -1, 6, 587, 465, 65_536, 1e21, 0.5, Number.NaN, true, false, null],
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.integer(),
  fc.array(fc.constantFrom<unknown>('a@example.org', '127.0.0.1', 5, null), { maxLength: 3 }),
  fc.constant({}),
);

const maybe = (keys: readonly string[], known: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}) =>
  fc.record(
    Object.fromEntries(keys.map((key) => [key, fc.oneof({ weight: 20, arbitrary: known[key] ?? anything }, anything)])),
    { requiredKeys: [] },
  );

const token = { token_file: 'secret' };
const rightChannels: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'email', host: 'smtp.example.org', from: 'a@example.org', to: ['b@example.org', 'c@example.org'] },
  {
    type: 'email',
    host: 'h',
    port: 465,
    user: 'me',
    password_file: 'secret',
    from: 'a@example.org',
    to: 'b@example.org',
  },
  { type: 'ntfy', url: 'https://ntfy.sh/TOPIC', alerts: 'none', digest: true },
  { type: 'gotify', url: 'http://192.168.1.2/', allow_private: true, ...token },
  { type: 'slack', url_file: '/run/secrets/x' },
  { type: 'discord', url_file: 'secret' },
  { type: 'matrix', url: 'https://example.org', room: '!a:b', ...token },
  { type: 'telegram', chat: -5, ...token },
  { type: 'webhook', url: 'https://example.org/TOPIC', secret_file: 'secret' },
];
/** A right one, every third time with one of its words made something else. */
const channel = fc
  .tuple(fc.constantFrom(...rightChannels), fc.option(fc.tuple(fc.nat(), anything), { freq: 2 }))
  .map(([right, change]): unknown => {
    const keys = [...Object.keys(right), 'tls', 'password', 'allow_private', 'url'];
    return change === null ? right : { ...right, [keys[change[0] % keys.length] ?? 'type']: change[1] };
  });
const url = fc.constantFrom('https://hc-ping.com/x', 'https://k/api/push/x', 'https://example.org');
const file = fc.constantFrom('secret', '/run/secrets/x');
const ping = maybe(['type', 'url'], {
  type: fc.constantFrom('healthchecks', 'uptime-kuma'),
  url,
});
const written = maybe(['server', 'digest', 'alerts', 'channels', 'page'], {
  server: maybe(['name', 'page_url', 'ping'], { ping, page_url: url, name: fc.constant('nas') }),
  digest: maybe(['at'], { at: fc.constant('07:00') }),
  alerts: maybe(['quiet', 'remind'], { quiet: fc.constant('22:00-07:00'), remind: fc.constant('2d') }),
  channels: fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom('mail', 'phone', 'a-b') }, fc.string({ maxLength: 4 })),
    channel,
    {
      maxKeys: 3,
    },
  ),
  page: maybe(['listen', 'hosts', 'password_file', 'proxy'], {
    listen: fc.constantFrom('127.0.0.1:8480', '0.0.0.0:8480'),
    hosts: fc.constant(['berth.example.org']),
    password_file: file,
    proxy: maybe(['header', 'from'], { header: fc.constant('Remote-User'), from: fc.constant(['127.0.0.1']) }),
  }),
});

const nobody = configOf('sources: {}');
const surroundings = {
  ...{ folder: '/etc/berth', hostName: 'nas' },
  read: () => ({ kind: 'read', bytes: Buffer.from('https://example.org/canary'), mode: 0o100600 }) as const,
};

test('whatever is written of people is a complete setting or a finding with its place, and never a crash', () => {
  const seen = { ok: 0, invalid: 0 };
  fc.assert(
    fc.property(written, (people) => {
      const content = JSON.stringify({ ...people, sources: {} });
      const parsed = parseSources({ file: 'sources.yaml', content });
      seen[parsed.kind] += 1;
      if (parsed.kind === 'invalid') {
        for (const { line, column, message, remedy } of parsed.findings) {
          expect(line).toBe(1);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual(content.length);
          expect(remedy).not.toBe('');
          expect(`${message}${remedy}`).not.toMatch(/[\0-\x09\x0b-\x1f\x7f\u202e]|undefined|\[object|u:p@/);
        }
        return;
      }
      const settings = settingsOf(parsed.config, surroundings);
      expect(monitorSettingsSchema.parse(settings)).toEqual(settings);
      expect(JSON.stringify(shownSettings(settings))).not.toContain('canary');
      const lines = describeDiff(diffConfigs(nobody, parsed.config)).filter(
        (line) => !/^~ (page_url|server name) /.test(line),
      );
      expect(lines.join('\n')).not.toMatch(/TOPIC|\/api\/push|undefined|\[object/);
      // A page is never open to more than this machine without asking who is there.
      const { page } = settings;
      if (page !== null && page.address === '0.0.0.0') expect(page.password ?? page.proxy).not.toBeNull();
    }),
    randomRuns({ everyday: 150, long: 2000 }),
  );
  // Both happen, or the test would show nothing.
  expect(seen.ok).toBeGreaterThan(isLong ? 100 : 5);
  expect(seen.invalid).toBeGreaterThan(5);
});
