import { expect, test } from 'vitest';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs } from './diff.ts';
import { configOf, publicKeyLine } from './testing.ts';

const phone = (ingest: object, media: object | null, others: object = {}): string =>
  JSON.stringify({
    sources: {
      lisa: {
        uid: 1010,
        ingest: { folder: '/v/lisa', password_file: 'p', ...ingest },
        ...(media === null ? {} : { media: { to: '/v/photos', ...media } }),
        ...others,
      },
    },
  });
const words = (before: string, after: string): readonly string[] =>
  describeDiff(diffConfigs(configOf(before), configOf(after)));

test('a phone that comes is said with what is done for it, and that its backups and mirror stay when it goes', () => {
  expect(words('sources: {}', phone({}, { layout: 'by-date' }))).toEqual([
    '+ lisa: UID 1010, backs up /v/lisa, mirrors photos and videos of DCIM, Pictures, Movies to /v/photos by date every 1m, quota none, protect 30d, every 1d',
  ]);
  expect(words(phone({}, {}), 'sources: {}')).toEqual([
    '- lisa: it is no longer backed up or mirrored; its backups and its mirror stay (UID 1010)',
  ]);
  expect(words(phone({}, null), 'sources: {}')).toEqual([
    '- lisa: it is no longer backed up; its backups stay (UID 1010)',
  ]);
});

test('every setting of a phone that changes is a line of its own, and what is written as it was is none', () => {
  expect(
    words(
      phone({}, {}),
      phone({ folder: '/v//lisa/', settle: '1800s' }, { every: '60s', from: ['DCIM/', 'Pictures', 'Movies'] }),
    ),
  ).toEqual(['nothing changes']);
  const syncthing = { url: 'http://nas:8384', api_key_file: 'k', folder_id: 'a' };
  const ingest = {
    folder: '/v/l',
    password_file: 'q',
    group: 5,
    exclude: ['a', 'b'],
    settle: '1h',
    unseen_after: 'never',
  };
  const media = { from: ['.'], to: '/v/m', every: '5m', layout: 'by-date', readable_by: 'all', types: 'all' };
  expect(words(phone({}, {}), phone({ ...ingest, syncthing }, media, { every: '2d' }))).toEqual([
    '~ lisa: every 1d -> 2d',
    '~ lisa: overdue_after 2d -> 4d',
    '~ lisa: ingest folder /v/lisa -> /v/l',
    '~ lisa: ingest password_file p -> q',
    '~ lisa: ingest group none -> 5',
    '~ lisa: ingest exclude none -> a, b',
    '~ lisa: ingest settle 30m -> 1h',
    '~ lisa: ingest unseen_after 3d -> never',
    '~ lisa: ingest syncthing none -> a at http://nas:8384',
    '~ lisa: media from DCIM, Pictures, Movies -> .',
    '~ lisa: media to /v/photos -> /v/m: begins anew there, what is in /v/photos stays and is no longer added to',
    '~ lisa: media every 1m -> 5m',
    '~ lisa: media layout as-is -> by-date',
    '~ lisa: media readable_by group -> all',
    '~ lisa: media types media -> all',
  ]);
  const other = { url: 'https://nas', api_key_file: 'l', folder_id: 'b', certificate_file: 'c.pem' };
  expect(words(phone({ syncthing }, null), phone({ syncthing: other }, null))).toEqual([
    '~ lisa: ingest syncthing url http://nas:8384 -> https://nas',
    '~ lisa: ingest syncthing api_key_file k -> l',
    '~ lisa: ingest syncthing folder_id a -> b',
    '~ lisa: ingest syncthing certificate_file none -> c.pem',
  ]);
});

test('a mirror that comes or goes, and a machine that becomes a phone, are said', () => {
  expect(words(phone({}, null), phone({}, { types: 'all', from: ['.'] }))).toEqual([
    '~ lisa: mirrors every file to /v/photos every 1m',
  ]);
  expect(words(phone({}, {}), phone({}, null))).toEqual([
    '~ lisa: is not mirrored any more; what is in /v/photos stays',
  ]);
  const machine = `sources: { lisa: { uid: 1010, key: '${publicKeyLine(1)}' } }`;
  expect(words(machine, phone({}, null))).toEqual([
    expect.stringMatching(/^- lisa: key SHA256:\S+ \(root@host-1\) is shut out, and its sessions end$/),
    '~ lisa: the server itself backs up /v/lisa',
  ]);
  expect(words(phone({}, null), machine)[1]).toBe(
    '~ lisa: the server backs up no folder for it any more; what is stored stays',
  );
});
