import { describe, expect, test } from 'vitest';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs, isEmptyDiff } from './diff.ts';
import { configOf, publicKeyLine } from './testing.ts';

const mail = (rest: string) => `channels: { mail: { type: email, host: h, from: a@example.org, ${rest} } }`;
const phone = (rest: string) => `channels: { phone: { type: ntfy, ${rest} } }`;
const source = (rest: string) => `laptop: { uid: 100, key: '${publicKeyLine(1)}'${rest} }`;

const changes = (before: string, after: string, sources = ['', '']) =>
  describeDiff(
    diffConfigs(configOf(`${before}\nsources: { ${sources[0]} }`), configOf(`${after}\nsources: { ${sources[1]} }`)),
  );

describe('what check says of whom to tell', () => {
  test.each([
    [
      'an address',
      mail('to: a@example.org'),
      mail('to: b@example.org'),
      ['~ channel mail: to a@example.org -> b@example.org'],
    ],
    [
      'several parts of a mail, each in a line',
      mail('to: a@example.org'),
      mail('to: a@example.org, port: 465, digest: false, alerts: none, user: me, password_file: p'),
      [
        ...[
          '~ channel mail: port 587 -> 465',
          '~ channel mail: tls starttls -> implicit',
          '~ channel mail: user none -> me',
        ],
        ...[
          '~ channel mail: password_file none -> p',
          '~ channel mail: alerts warning -> none',
          '~ channel mail: digest true -> false',
        ],
      ],
    ],
    [
      'a new channel',
      '',
      phone('url: https://ntfy.sh/SECRET'),
      ['+ channel phone: ntfy at ntfy.sh, alerts from warning on'],
    ],
    [
      'a channel that goes',
      phone('url: https://ntfy.sh/SECRET'),
      '',
      ['- channel phone: nothing is sent there any more'],
    ],
    [
      'another topic, without a word of it',
      phone('url: https://ntfy.sh/SECRET'),
      phone('url: https://ntfy.sh/SECRET2'),
      ['~ channel phone: url at ntfy.sh, another one'],
    ],
    [
      'another host',
      phone('url: https://ntfy.sh/SECRET'),
      phone('url: https://ntfy.example.org/SECRET'),
      ['~ channel phone: url at ntfy.sh -> at ntfy.example.org'],
    ],
    [
      'a URL that moves into a file',
      phone('url: https://ntfy.sh/SECRET'),
      phone('url_file: ntfy-url, allow_private: true'),
      ['~ channel phone: allow_private false -> true', '~ channel phone: url at ntfy.sh -> as ntfy-url says'],
    ],
    [
      'another type',
      'channels: { chat: { type: slack, url_file: s } }',
      'channels: { chat: { type: discord, url_file: s } }',
      ['~ channel chat: slack as s says, alerts from warning on -> discord as s says, alerts from warning on'],
    ],
    [
      'hours, names and the page',
      "digest: { at: '06:00' }",
      "digest: { at: '07:00' }\nalerts: { quiet: '22:00-07:00', remind: 2d }\npage: off\nserver: { name: nas, page_url: https://nas }",
      [
        ...['~ server name of the host -> nas', '~ page_url none -> https://nas', '~ digest at 06:00 -> 07:00'],
        ...['~ quiet hours none -> 22:00-07:00', '~ remind 1d -> 2d', '~ page 127.0.0.1:8480 -> off'],
      ],
    ],
    [
      'the ping of the server',
      'server: { ping: { type: healthchecks, url: https://hc-ping.com/SECRET } }',
      'server: { ping: { type: healthchecks, url: https://hc-ping.com/SECRET2 } }',
      ['~ ping another URL of healthchecks at hc-ping.com'],
    ],
  ])('names %s', (_, before, after, lines) => {
    const said = changes(before, after);
    expect(said).toEqual(lines);
    expect(said.join()).not.toContain('SECRET');
  });

  test('names the ping of a source', () => {
    const pinged = source(", ping: { type: uptime-kuma, url: 'https://kuma.example.org/api/push/SECRET?status=up' }");
    expect(changes('', '', [source(''), pinged])).toEqual(['~ laptop: ping none -> uptime-kuma at kuma.example.org']);
    expect(changes('', '', [pinged, source('')])).toEqual(['~ laptop: ping uptime-kuma at kuma.example.org -> none']);
  });

  test('is nothing where only the order of channels or a comment changes', () => {
    const one = 'a: { type: ntfy, url: https://ntfy.sh/a }';
    const other = 'b: { type: ntfy, url: https://ntfy.sh/b/ }';
    const diff = diffConfigs(
      configOf(`channels: { ${one}, ${other} }\nsources: {}`),
      configOf(`channels: { ${other}, ${one} } # turned round\nsources: {}`),
    );
    expect(isEmptyDiff(diff)).toBe(true);
  });

  test('leaves out channels that stay as they are', () => {
    const one = 'a: { type: ntfy, url: https://ntfy.sh/a }';
    const diff = diffConfigs(
      configOf(`channels: { ${one}, b: { type: ntfy, url: https://ntfy.sh/b } }\nsources: {}`),
      configOf(`channels: { ${one}, b: { type: ntfy, url: https://ntfy.sh/c } }\nsources: {}`),
    );
    expect(diff.people?.channelsChanged.map(({ to }) => to.name)).toEqual(['b']);
  });
});
