import { describe, expect, test } from 'vitest';
import { type Condition, decide, type PhoneCode } from '../events/condition.ts';
import type { Source } from '../sources/source.ts';
import { phoneWords } from './conditions.ts';
import type { PhoneFacts } from './facts.ts';
import { passOf, phoneFacts, syncthingUp } from './testing.ts';
import { phoneSource } from './testing-source.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
const phone = phoneSource();
const factsOf = (change: Parameters<typeof phoneFacts>[2] = {}): PhoneFacts => phoneFacts('lisa-phone', nowMs, change);
const ago = (millis: number): string => new Date(nowMs - millis).toISOString();

const openOf = (facts: PhoneFacts, source: Source = phone, open: readonly Condition[] = [], atMs = nowMs) =>
  decide(open, phoneWords(source, facts, open, atMs), atMs).open;
const only = (facts: PhoneFacts, code: PhoneCode, source: Source = phone): Condition => {
  const open = openOf(facts, source);
  expect(open.map((condition) => condition.code)).toEqual([code]);
  const [condition] = open;
  if (condition === undefined) throw new Error('there is one');
  return condition;
};
const stuck = (change: Parameters<typeof passOf>[0], more: Partial<NonNullable<PhoneFacts['mirror']>> = {}) =>
  factsOf({ mirror: { last: passOf(change), failures: 3, ...more } });

test('of a phone with which all is well nothing is said', () => {
  expect(phoneWords(phone, factsOf(), [], nowMs)).toEqual([]);
});

describe('what Syncthing says', () => {
  test.each([
    ['key', /API key in syncthing\.key/, /config\.xml.*into syncthing\.key/],
    ['host-check', /Host check error/, /`url`.*192\.168\.1\.10:8384/],
    ['certificate', /self-signed certificate/, /certificate_file: https-cert\.pem/],
  ] as const)('a refusal by %s has words of its own', (why, text, remedy) => {
    const facts = factsOf({ syncthing: { kind: 'refused', why, detail: 'self-signed certificate' } });
    const condition = only(facts, 'syncthing-refused');
    expect(condition.text).toMatch(text);
    expect(condition.remedy).toMatch(remedy);
  });

  test('one that is down says where, why and what a container makes of 127.0.0.1', () => {
    const facts = factsOf({ syncthing: { kind: 'down', detail: 'connect ECONNREFUSED 127.0.0.1:8384' } });
    const { text, remedy } = only(facts, 'syncthing-down');
    expect(text).toContain('http://127.0.0.1:8384 does not answer: connect ECONNREFUSED 127.0.0.1:8384.');
    expect(remedy).toContain('In a container, 127.0.0.1 is the container itself');
  });

  test('a paused folder and a paused phone are told apart', () => {
    const paused = (what: 'folder' | 'phone') =>
      only(factsOf({ syncthing: syncthingUp(nowMs, { paused: what, quiet: null }) }), 'syncthing-paused').text;
    expect(paused('folder')).toMatch(/^The folder abcd-1234 is paused/);
    expect(paused('phone')).toMatch(/^The phone is paused/);
  });

  test.each([
    ['warning', { error: 'folder path missing.' }, /stopped the folder abcd-1234: folder path missing\./],
    ['warning', { pullErrors: 3 }, /can not fetch some files/],
    ['warning', { folderType: 'sendonly' }, /only sends/],
    ['warning', { folderType: 'receiveencrypted' }, /encrypted/],
    ['notice', { folderType: 'sendreceive' }, /not Receive Only/],
    ['notice', { ignoresDeletes: true }, /ignoreDelete/],
    [
      'warning',
      { ignoresDeletes: true, pullErrors: 1 },
      /^Syncthing can not fetch some files of the folder abcd-1234\.$/,
    ],
  ] as const)('what is wrong with its folder is a %s: %j', (severity, change, text) => {
    const condition = only(factsOf({ syncthing: syncthingUp(nowMs, change) }), 'syncthing-trouble');
    expect(condition.severity).toBe(severity);
    expect(condition.text).toMatch(text);
  });

  test('an unknown folder, and what is no Syncthing, are told by what to look at in sources.yaml', () => {
    expect(only(factsOf({ syncthing: { kind: 'unknown-folder' } }), 'syncthing-trouble').remedy).toContain(
      '`folder_id`',
    );
    const nonsense = factsOf({ syncthing: { kind: 'nonsense', detail: 'it answered <html>' } });
    expect(only(nonsense, 'syncthing-trouble').remedy).toContain('`url`');
  });

  test('numbers in its words may move, and the words stay as they were', () => {
    const full = (free: string) =>
      factsOf({ syncthing: syncthingUp(nowMs, { error: `insufficient space: ${free} < 1.00 %` }) });
    const first = openOf(full('0.90 %'));
    expect(decide(first, phoneWords(phone, full('0.87 %'), first, nowMs), nowMs).changed).toBe(false);
    const other = factsOf({ syncthing: syncthingUp(nowMs, { error: 'folder path missing' }) });
    expect(openOf(other, phone, first)[0]?.text).toContain('folder path missing');
  });

  test('its words are shown short, on one line, without what could move a cursor', () => {
    const facts = factsOf({ syncthing: syncthingUp(nowMs, { error: `\u001b[2J\n\u202e${'long '.repeat(99)}` }) });
    const { text } = only(facts, 'syncthing-trouble');
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text.length).toBeLessThan(300);
  });

  test('while it is down, what was said of its folder stands; when it answers well, all of it is over', () => {
    const refused = openOf(factsOf({ syncthing: { kind: 'refused', why: 'key', detail: 'CSRF Error' } }));
    const down = openOf(factsOf({ syncthing: { kind: 'down', detail: 'ECONNREFUSED' } }), phone, refused);
    expect(down.map(({ code }) => code)).toEqual(['syncthing-refused', 'syncthing-down']);
    expect(openOf(factsOf({ syncthing: null }), phone, down)).toEqual(down);
    expect(openOf(factsOf(), phone, down)).toEqual([]);
  });

  test('who asks nobody hears nothing of Syncthing, and what was said of it is over', () => {
    const down = openOf(factsOf({ syncthing: { kind: 'down', detail: 'ECONNREFUSED' } }));
    expect(openOf(factsOf({ syncthing: null }), phoneSource({ ingest: '' }), down)).toEqual([]);
  });
});

describe('a phone that is not seen', () => {
  const seen = (phoneSeenAt: string | null, since = ago(9 * dayMs)) =>
    factsOf({ since, syncthing: syncthingUp(nowMs, { phoneSeenAt }) });

  test('is told after unseen_after, in words that stay the same', () => {
    expect(openOf(seen(ago(3 * dayMs)))).toEqual([]);
    const { text, remedy } = only(seen(ago(3 * dayMs + 1)), 'phone-unseen');
    expect(text).toContain('for longer than 3d');
    expect(remedy).toContain('battery optimisation');
    expect(only(seen(ago(60 * dayMs)), 'phone-unseen').text).toBe(text);
  });

  test('one that never was counts from when the server began to look after it', () => {
    expect(openOf(seen(null, ago(dayMs)))).toEqual([]);
    expect(only(seen(null), 'phone-unseen').remedy).toContain("this server's device ID");
  });

  test('`never` is never, and a phone that is paused is only paused', () => {
    const never = phoneSource({
      ingest: `
      unseen_after: never
      syncthing: { url: 'http://127.0.0.1:8384', api_key_file: syncthing.key, folder_id: abcd-1234 }`,
    });
    expect(openOf(seen(ago(60 * dayMs)), never)).toEqual([]);
    only(factsOf({ syncthing: syncthingUp(nowMs - 60 * dayMs, { paused: 'phone' }) }), 'syncthing-paused');
  });
});

describe('the folder in which files arrive', () => {
  test('one that is missing says that nothing is backed up, and is critical after a day', () => {
    const missing = factsOf({
      ingest: 'missing',
      mirror: { last: passOf({ outcome: 'ingest-missing' }), failures: 9 },
    });
    const first = openOf(missing);
    expect(first).toMatchObject([{ code: 'ingest-missing', severity: 'warning' }]);
    expect(first[0]?.remedy).toContain('ls -a /volume1/phones/lisa.');
    expect(first[0]?.remedy).toContain('berth-server up');
    expect(openOf(missing, phone, first, nowMs + dayMs - 1)[0]?.severity).toBe('warning');
    expect(openOf(missing, phone, first, nowMs + dayMs)[0]?.severity).toBe('critical');
    expect(openOf(factsOf(), phone, first)).toEqual([]);
  });

  test("Syncthing's own word for a missing marker is not told beside it", () => {
    const syncthing = syncthingUp(nowMs, { error: 'folder marker missing', quiet: null });
    only(factsOf({ ingest: 'missing', syncthing }), 'ingest-missing');
  });

  test('what can not be read names the group and Ignore Permissions', () => {
    const some = factsOf({ mirror: { last: passOf({ unreadable: 12 }), failures: 3 } });
    const { text, remedy } = only(some, 'ingest-unreadable');
    expect(text).toContain('some of the files in /volume1/phones/lisa (it reads as UID 1010)');
    expect(remedy).toContain('chgrp -R 1000 /volume1/phones/lisa && chmod -R g+rX /volume1/phones/lisa');
    expect(remedy).toContain('Ignore Permissions');
    const open = only(factsOf({ ingest: 'unreadable' }), 'ingest-unreadable', phoneSource({ ingest: '' }));
    expect(open.text).toContain('nothing is backed up');
    expect(open.remedy).toContain('`group: GID`');
  });
});

describe('the mirror', () => {
  test.each([
    ['full', /disk of the mirror is full: what does not fit is not copied/, /df -h \/volume1\/photos\/lisa/],
    [
      'target-missing',
      /is not the one it was/,
      /ls -a \/volume1\/photos\/lisa.*berth-server up.*install -d -o 1010 \/volume1\/photos\/lisa\/.berth$/,
    ],
    ['target-unwritable', /writes as UID 1010/, /chown 1010 \/volume1\/photos\/lisa/],
    ['done', /not complete: EIO in DCIM\/a\.jpg\./, /berth-server phone mirror lisa-phone/],
  ] as const)('stuck by `%s` says what to do about that', (outcome, text, remedy) => {
    const condition = only(stuck({ outcome, failed: 2, firstFailure: 'EIO in DCIM/a.jpg' }), 'mirror-stuck');
    expect(condition.text).toMatch(text);
    expect(condition.remedy).toMatch(remedy);
  });

  test('a folder with spaces and quotes is named as a shell takes it', () => {
    const source = phoneSource({ media: `{ to: "/volume1/Lisa's photos" }` });
    const { remedy } = only(stuck({ outcome: 'target-unwritable' }), 'mirror-stuck', source);
    expect(remedy).toContain(`chown 1010 '/volume1/Lisa'\\''s photos'`);
  });

  test('two failed passes are none yet; a failed one without a good one for long is', () => {
    expect(openOf(stuck({ outcome: 'full' }, { failures: 2 }))).toEqual([]);
    only(stuck({ outcome: 'full' }, { failures: 1, goodAt: ago(16 * minuteMs) }), 'mirror-stuck');
    const hourly = phoneSource({ media: '{ to: /volume1/photos/lisa, every: 1h }' });
    expect(openOf(stuck({ outcome: 'full' }, { failures: 1, goodAt: ago(4 * hourMs) }), hourly)).toEqual([]);
    only(stuck({ outcome: 'full' }, { failures: 1, goodAt: ago(6 * hourMs) }), 'mirror-stuck', hourly);
  });

  test('a first pass may take hours, and a pass that never ends is told after a day', () => {
    const begun = (since: string) => factsOf({ since, mirror: { last: null, at: null, goodAt: null } });
    expect(openOf(begun(ago(20 * hourMs)))).toEqual([]);
    expect(only(begun(ago(25 * hourMs)), 'mirror-stuck').text).toContain('longer than a day');
    only(factsOf({ mirror: { at: ago(25 * hourMs), goodAt: ago(25 * hourMs) } }), 'mirror-stuck');
  });

  test('one whose passes die without a word is stuck too', () => {
    only(factsOf({ mirror: { last: null, at: ago(minuteMs), goodAt: null, failures: 3 } }), 'mirror-stuck');
  });

  test('it is over with a pass that copied everything, and not with one that was told to end', () => {
    const open = openOf(stuck({ outcome: 'full' }));
    expect(openOf(stuck({ outcome: 'stopped' }), phone, open)).toEqual(open);
    // One pass may be told of for another reason than the one before, without having been over.
    const other = openOf(stuck({ outcome: 'target-missing' }, { failures: 1 }), phone, open);
    expect(other).toMatchObject([
      { code: 'mirror-stuck', since: open[0]?.since, text: expect.stringContaining('not the one it was') },
    ]);
    expect(openOf(factsOf(), phone, open)).toEqual([]);
    expect(openOf(factsOf({ mirror: null }), phoneSource({ media: '' }), open)).toEqual([]);
  });
});

describe('much that is deleted on the phone', () => {
  const storm = (gone: number) => factsOf({ mirror: { last: passOf({ storm: { gone, of: 1000 } }) } });

  test.each([
    [300, 'notice', 'More than a quarter'],
    [500, 'warning', 'More than half'],
    [1000, 'warning', 'Nearly everything'],
  ] as const)('%i of 1000 is a %s', (gone, severity, words) => {
    const condition = only(storm(gone), 'phone-deletes');
    expect(condition.severity).toBe(severity);
    expect(condition.text).toMatch(new RegExp(`^${words}.*Nothing was deleted in /volume1/photos/lisa`));
  });

  test('it is told as bad as it was until it is over, whatever is left of it within the day', () => {
    const open = openOf(storm(950));
    expect(openOf(storm(260), phone, open)).toEqual(open);
    expect(openOf(storm(950), phone, openOf(storm(260)))[0]?.severity).toBe('warning');
    expect(openOf(factsOf(), phone, open)).toEqual([]);
  });
});

test('a source that is no phone any more ends all of it', () => {
  const open = openOf(stuck({ outcome: 'full' }));
  expect(openOf(factsOf(), { ...phone, ingest: null, media: null }, open)).toEqual([]);
});

test('what is said fits into a digest, whatever is so', () => {
  const states: readonly PhoneFacts['syncthing'][] = [
    { kind: 'down', detail: 'x'.repeat(500) },
    ...(['key', 'host-check', 'certificate'] as const).map((why) => ({ kind: 'refused', why, detail: 'x' }) as const),
    { kind: 'unknown-folder' },
    { kind: 'nonsense', detail: 'x'.repeat(500) },
    syncthingUp(nowMs, { paused: 'folder' }),
    syncthingUp(nowMs - 9 * dayMs, { error: 'x'.repeat(500) }),
  ];
  const outcomes = ['full', 'target-missing', 'target-unwritable', 'done'] as const;
  const all = [
    ...states.flatMap((syncthing) => openOf(factsOf({ syncthing }))),
    ...outcomes.flatMap((outcome) => openOf(stuck({ outcome, failed: 1, firstFailure: 'x'.repeat(500) }))),
    ...openOf(factsOf({ ingest: 'missing' })),
    ...openOf(factsOf({ ingest: 'unreadable' })),
    ...openOf(factsOf({ ingest: 'unreadable' }), phoneSource({ ingest: '' })),
    ...openOf(factsOf({ mirror: { last: passOf({ storm: { gone: 9, of: 9 } }) } })),
  ];
  expect(new Set(all.map(({ code }) => code)).size).toBe(9);
  for (const { text, remedy } of all) {
    expect(text.length).toBeLessThanOrEqual(400);
    expect(remedy.length).toBeLessThanOrEqual(400);
    expect(text).not.toMatch(/null|undefined|\.\./);
  }
});
