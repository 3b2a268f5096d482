import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { PhoneFacts } from '../ingest/facts.ts';
import { passOf, phoneFacts, syncthingUp } from '../ingest/testing.ts';
import { configOf } from '../sources/testing.ts';
import { isPhone, type Phone } from '../supervisor/phones/places.ts';
import { type LastRun, phoneLines } from './phone-status-text.ts';

const now = Date.UTC(2026, 10, 21, 12);
const hour = 3_600_000;

const phoneOf = (
  more = '{ url: "http://127.0.0.1:8384", api_key_file: key, folder_id: abcd-1234 }',
  to = '/volume1/photos/lisa',
): Phone => {
  const [source] = configOf(`sources:
  lisa-phone:
    uid: 1010
    ingest: { folder: /volume1/phones/lisa, password_file: secret${more === '' ? '' : `, syncthing: ${more}`} }
    ${to === '' ? '' : `media: { to: ${to} }`}
`).sources;
  if (source === undefined || !isPhone(source)) throw new Error('it is one');
  return source;
};

const okRun: LastRun = { outcome: 'ok', endedAt: new Date(now - 9 * hour).toISOString() };
const said = (facts: PhoneFacts | null, phone = phoneOf(), lastRun: LastRun | null = okRun): string =>
  stripVTControlCharacters(phoneLines(phone, { facts, lastRun }, now).join('\n'));
const facts = (change: Parameters<typeof phoneFacts>[2] = {}): PhoneFacts => phoneFacts('lisa-phone', now, change);

describe('the status of a phone', () => {
  test('says of a phone that all is well with what somebody wants to know before deleting photos on it', () => {
    expect(said(facts())).toBe(
      [
        'lisa-phone',
        '  phone      seen 2 h ago',
        '  syncthing  v1.19.2, nothing left to fetch',
        '  folder     /volume1/phones/lisa: fine',
        '  mirror     /volume1/photos/lisa: all is copied, looked at just now',
        '             100,342 files, 412 GiB; 40 of them gone from the phone and kept',
        '  last 24 h  17 copied (102.4 MiB), 3 older versions kept, 40 gone from the phone',
        '  backup     whole, 9 h ago',
      ].join('\n'),
    );
  });

  test('says that nobody has looked yet', () => {
    expect(said(null)).toBe('lisa-phone\n  server     has not looked after it yet');
    expect(said(facts({ syncthing: null, ingest: null, backup: null, mirror: { last: null, at: null } }))).toContain(
      'no pass has ended yet',
    );
  });

  test('says what Syncthing does not do', () => {
    expect(said(facts({ syncthing: { kind: 'down', detail: 'ECONNREFUSED' } }))).toContain(
      'syncthing  does not answer: ECONNREFUSED',
    );
    expect(said(facts({ syncthing: { kind: 'refused', why: 'key', detail: 'CSRF Error' } }))).toContain(
      'does not take the API key: CSRF Error',
    );
    expect(said(facts({ syncthing: { kind: 'unknown-folder' } }))).toContain('has no folder abcd-1234');
    expect(said(facts({ syncthing: syncthingUp(now, { paused: 'phone' }) }))).toContain('the phone is paused');
    expect(said(facts({ syncthing: syncthingUp(now, { error: 'folder marker missing' }) }))).toContain(
      'stopped: folder marker missing',
    );
    const busy = said(facts({ syncthing: syncthingUp(now, { needItems: 1_200, pullErrors: 1 }) }));
    expect(busy).toContain('1,200 files to fetch, 1 file could not be fetched');
  });

  test('paints a phone that has not been seen for longer than it may', () => {
    const lines = (hours: number): string =>
      phoneLines(phoneOf(), { facts: facts({ syncthing: syncthingUp(now - hours * hour) }), lastRun: null }, now).join(
        '\n',
      );
    expect(stripVTControlCharacters(lines(80))).toContain('seen 3 d ago');
    expect(said(facts({ syncthing: syncthingUp(now, { phoneSeenAt: null }) }))).toContain('has never connected');
  });

  test('says of a mirror that fails why, and when it was last whole', () => {
    const goodAt = new Date(now - 5 * hour).toISOString();
    expect(said(facts({ mirror: { last: passOf({ outcome: 'full' }), goodAt } }))).toContain(
      "the mirror's disk is full, just now; whole 5 h ago",
    );
    const failed = passOf({ failed: 2, firstFailure: 'DCIM/a\u001b[2Jb.jpg: EIO' });
    expect(said(facts({ mirror: { last: failed, goodAt: null } }))).toContain(
      '2 files failed: DCIM/a\\u{1b}[2Jb.jpg: EIO, just now; never whole so far',
    );
  });

  test('says of the backup how the last one ended, and what keeps the next', () => {
    const at = new Date(now).toISOString();
    expect(said(facts(), phoneOf(), null)).toContain('backup     none yet');
    expect(said(facts(), phoneOf(), { ...okRun, outcome: 'failed' })).toContain('backup     failed, 9 h ago');
    expect(said(facts({ backup: { ended: 'ingest-missing', at } }))).toContain(
      "whole, 9 h ago; now: the phone's folder is not there",
    );
  });

  test('says what sources.yaml does not ask for', () => {
    const bare = phoneOf('', '');
    const words = said(facts({ syncthing: null, mirror: null }), bare);
    expect(words).toContain('is not asked: there is no syncthing: in its ingest');
    expect(words).toContain('none: there is no media in sources.yaml');
  });
});
