import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, publicKeyLine } from '../sources/testing.ts';
import type { ReadSecret } from './secret.ts';
import { secretFindings } from './secret-findings.ts';
import { monitorSettingsSchema } from './settings.ts';
import { settingsOf } from './settings-of.ts';
import { shownSettings } from './shown-settings.ts';

/** Files by their absolute paths. */
const disk =
  (files: Readonly<Record<string, string>>, mode = 0o100600): ReadSecret =>
  (path) => {
    const content = files[path];
    return content === undefined ? { kind: 'missing' } : { kind: 'read', bytes: Buffer.from(content), mode };
  };

const on = (files: Readonly<Record<string, string>>, mode?: number) => ({
  folder: '/etc/berth',
  hostName: 'host-of-the-server',
  read: disk(files, mode),
});

/** Every kind of channel, and each secret in its own file. */
const everything = configOf(readFileSync(join(import.meta.dirname, '../sources/fixtures/ok-people.yaml'), 'utf8'));
const secrets = {
  '/etc/berth/smtp-password': 'canary-1\n',
  '/etc/berth/gotify-token': 'canary-2\n',
  '/etc/berth/slack-url': 'https://hooks.slack.com/services/canary-3\n',
  '/run/secrets/discord': 'https://discord.com/api/webhooks/1/canary-4\n',
  '/etc/berth/matrix-token': 'canary-5\n',
  '/etc/berth/telegram-token': 'canary-6\n',
  '/etc/berth/hook-secret': 'canary-7\n',
  '/etc/berth/page-password': 'canary-8\n',
};

describe("the monitor's settings", () => {
  test('of a file that says nothing of people are complete', () => {
    const config = configOf(
      `server: { time_zone: UTC }\nsources: { laptop: { uid: 100, key: '${publicKeyLine(1)}' } }`,
    );
    const settings = settingsOf(config, on({}));
    expect(monitorSettingsSchema.parse(settings)).toEqual(settings);
    expect(settings).toMatchObject({
      ...{ serverName: 'host-of-the-server', timeZone: 'UTC', pageUrl: null, digest: { at: 360 }, ping: null },
      ...{ alerts: { quiet: null, remindMs: 86_400_000 }, channels: [], broken: [] },
      page: { address: '127.0.0.1', port: 8480, hosts: [], password: null, proxy: null },
      sources: [
        { name: 'laptop', uid: 100, window: null, ping: null, keyFingerprints: [expect.stringMatching(/^SHA256:/)] },
      ],
    });
  });

  test('say of a phone where its files arrive and go, and never where its secrets are', () => {
    const config = configOf(`sources:
  lisa-phone:
    uid: 1010
    ingest:
      folder: /volume1/phones/lisa
      password_file: canary.password
      syncthing: { url: 'http://127.0.0.1:8384', api_key_file: canary.key, folder_id: abcd-1234 }
    media: { to: /volume1/photos/lisa }
`);
    const settings = settingsOf(config, on({}));
    expect(monitorSettingsSchema.parse(settings)).toEqual(settings);
    expect(settings.sources).toMatchObject([
      {
        ingest: {
          folder: '/volume1/phones/lisa',
          mirror: { folder: '/volume1/photos/lisa', types: 'media' },
          syncthing: 'http://127.0.0.1:8384',
        },
        keyFingerprints: [],
      },
    ]);
    expect(JSON.stringify(settings)).not.toContain('canary');
  });

  test('hold every channel with its secret, from the folder of sources.yaml or from where the path leads', () => {
    const settings = settingsOf(everything, on(secrets));
    expect(settings.broken).toEqual([]);
    expect(monitorSettingsSchema.parse(settings)).toEqual(settings);
    expect(settings.channels).toMatchObject([
      { name: 'mail', password: 'canary-1', port: 587, tls: 'starttls', from: 'nas@example.org', digest: true },
      { name: 'mail-465', password: null, port: 465, tls: 'implicit', alerts: 'none' },
      { name: 'phone', url: 'https://ntfy.sh/SECRET', token: null, alerts: 'critical', digest: false },
      { name: 'gotify', url: 'http://gotify.lan', token: 'canary-2', allowPrivate: true },
      { name: 'slack', url: 'https://hooks.slack.com/services/canary-3', digest: true },
      { name: 'discord', url: 'https://discord.com/api/webhooks/1/canary-4' },
      { name: 'matrix', room: '!abcdef:example.org', token: 'canary-5' },
      { name: 'telegram', chat: '-1001234567890', token: 'canary-6', url: 'https://api.telegram.org' },
      { name: 'hook', secret: 'canary-7' },
    ]);
    expect(settings.page).toMatchObject({ password: 'canary-8', proxy: { from: ['127.0.0.1/32'] } });
  });

  test('let the page be asked for by the host of page_url', () => {
    const config = configOf('server: { page_url: https://berth.example.org:8443/ }\nsources: {}');
    expect(settingsOf(config, on({})).page?.hosts).toEqual(['berth.example.org']);
  });

  test('name what has no secret, and go on with the rest', () => {
    const { '/etc/berth/smtp-password': _, '/run/secrets/discord': __, ...others } = secrets;
    const settings = settingsOf(everything, on(others));
    expect(settings.channels.map(({ name }) => name)).toEqual(
      'mail-465 phone gotify slack matrix telegram hook'.split(' '),
    );
    expect(settings.broken).toMatchObject([
      { kind: 'channel', name: 'mail', text: '/etc/berth/smtp-password does not exist.' },
      { kind: 'channel', name: 'discord', text: '/run/secrets/discord does not exist.' },
    ]);
  });

  test('serve no page without the password it should have', () => {
    const { '/etc/berth/page-password': _, ...others } = secrets;
    const settings = settingsOf(everything, on(others));
    expect(settings.page).toBeNull();
    expect(settings.broken).toMatchObject([{ kind: 'page', name: 'page' }]);
  });

  test.each([
    ['a private address', 'https://192.168.1.2/services/canary', 'in slack-url: "192.168.1.2" is in a private network'],
    ['a URL in the clear', 'http://hooks.slack.com/services/canary', 'in slack-url: http:// sends its secret through'],
    ['a token instead', 'xoxb-canary', 'in slack-url: this is no URL of the web'],
  ])('hold a URL from a file to what one in sources.yaml is: %s', (_, content, words) => {
    const { broken } = settingsOf(everything, on({ ...secrets, '/etc/berth/slack-url': content }));
    expect(broken).toMatchObject([{ kind: 'channel', name: 'slack', text: expect.stringContaining(words.slice(1)) }]);
    expect(JSON.stringify(broken)).not.toContain('canary');
  });

  test.each(['Bearer canary', 'canary-ü', 'token=canary x'])('take no token that is none: %j', (content) => {
    const { broken } = settingsOf(everything, on({ ...secrets, '/etc/berth/gotify-token': content }));
    expect(broken).toMatchObject([
      { kind: 'channel', name: 'gotify', text: expect.stringContaining('holds no token') },
    ]);
    expect(JSON.stringify(broken)).not.toContain('canary');
  });

  test('take a URL with a password from a file, and show its host alone', () => {
    const url = 'https://me:canary@example.org/services/x';
    const settings = settingsOf(everything, on({ ...secrets, '/etc/berth/slack-url': url }));
    expect(settings.channels).toContainEqual(expect.objectContaining({ name: 'slack', url }));
    expect(JSON.stringify(shownSettings(settings))).not.toContain('canary');
  });

  test('give pings to the server and to sources, and name them where their file is missing', () => {
    const config = configOf(
      `server: { ping: { type: healthchecks, url_file: ping } }\nsources: { laptop: { uid: 100, key: '${publicKeyLine(1)}', ping: { type: uptime-kuma, url_file: kuma, allow_private: true } } }`,
    );
    const kuma = { '/etc/berth/kuma': 'http://kuma.lan/api/push/x?status=up' };
    const settings = settingsOf(config, on(kuma));
    expect(settings.ping).toBeNull();
    expect(settings.broken).toMatchObject([{ kind: 'ping', name: 'ping of the server' }]);
    expect(settings.sources[0]?.ping).toEqual({
      type: 'uptime-kuma',
      url: 'http://kuma.lan/api/push/x',
      allowPrivate: true,
    });
  });
});

describe('what may be shown of them', () => {
  test('holds no secret and no URL that may be one', () => {
    const shown = shownSettings(settingsOf(everything, on(secrets)));
    expect(JSON.stringify(shown)).not.toMatch(/canary|SECRET|11111111/);
    expect(shown.channels.map(({ to }) => to)).toEqual([
      ...['me@example.org, you@example.org', 'me@example.org', 'ntfy.sh', 'gotify.lan', 'hooks.slack.com'],
      ...[
        'discord.com',
        '!abcdef:example.org at matrix.example.org',
        '-1001234567890 at api.telegram.org',
        'example.org',
      ],
    ]);
    expect(shown).toMatchObject({
      page: 'http://[::]:8480',
      pings: [
        { source: null, type: 'healthchecks', host: 'hc-ping.com' },
        { source: 'h1', type: 'uptime-kuma', host: 'kuma.lan' },
      ],
    });
  });
});

describe('berth-server check', () => {
  test('names each secret that is missing', () => {
    const { errors, warnings } = secretFindings(everything, on({}));
    expect(warnings).toEqual([]);
    expect(errors.map(({ message }) => message)).toEqual([
      'channel mail does not work: /etc/berth/smtp-password does not exist.',
      'channel gotify does not work: /etc/berth/gotify-token does not exist.',
      'channel slack does not work: /etc/berth/slack-url does not exist.',
      'channel discord does not work: /run/secrets/discord does not exist.',
      'channel matrix does not work: /etc/berth/matrix-token does not exist.',
      'channel telegram does not work: /etc/berth/telegram-token does not exist.',
      'channel hook does not work: /etc/berth/hook-secret does not exist.',
      'page does not work: /etc/berth/page-password does not exist.',
    ]);
  });

  test.each([0o100644, 0o100640, 0o100604])('warns of secrets that others can read, once for each: mode %o', (mode) => {
    const { errors, warnings } = secretFindings(everything, on(secrets, mode));
    expect(errors).toEqual([]);
    expect(warnings.map(({ remedy }) => remedy)).toEqual(Object.keys(secrets).map((path) => `Run chmod 600 ${path}`));
  });
});
