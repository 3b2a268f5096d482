import { describe, expect, test } from 'vitest';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs, isEmptyDiff } from './diff.ts';
import { parseSources } from './load.ts';
import { configOf, publicKeyLine } from './testing.ts';

const one = publicKeyLine(1);
const two = publicKeyLine(2);
const written = `sources:\n  a: { uid: 1, key: '${one}' }\n  b: { uid: 2, key: '${two}', quota: 1T }\n`;
const before = configOf(written);
const wordsFor = (content: string): string =>
  describeDiff(diffConfigs(before, configOf(content)))
    .join('\n')
    .replaceAll(/SHA256:\S+/g, 'SHA256:…');

describe('what would change', () => {
  test('is nothing when only order, form and comments differ', () => {
    const same = configOf(
      `# new\nsources:\n  b:\n    uid: 2\n    quota: 1024G\n    keys: ['${two} x']\n  a: { uid: 1, protect: 30d, key: '${one}' }\n`,
    );
    expect(isEmptyDiff(diffConfigs(before, same))).toBe(true);
    expect(describeDiff(diffConfigs(before, same))).toEqual(['nothing changes']);
  });

  test('is said for a source that comes and one that goes', () => {
    expect(wordsFor(`sources:\n  a: { uid: 1, key: '${one}' }\n  c: { uid: 3, key: '${publicKeyLine(3)}' }\n`)).toBe(
      '+ c: UID 3, key SHA256:… (root@host-3), quota none, protect 30d, every 1d\n' +
        "- b: its sessions end and it can't log in; its backups stay (UID 2)",
    );
  });

  test('is said for a key that is rotated: first both, then the new one', () => {
    const both = `sources:\n  a: { uid: 1, keys: ['${one}', '${publicKeyLine(9)}'] }\n  b: { uid: 2, key: '${two}', quota: 1T }\n`;
    expect(wordsFor(both)).toBe('+ a: key SHA256:… (root@host-9) is let in');
    const next = configOf(both.replace(`'${one}', `, ''));
    const diff = diffConfigs(configOf(both), next);
    expect(diff.changed[0]?.keysRemoved.map(({ comment }) => comment)).toEqual(['root@host-1']);
    expect(diff.changed[0]?.keysAdded).toEqual([]);
  });

  test('is said for what guards the past', () => {
    const sources = before.sources.map(
      ({ name, uid }) => `  ${name}: { uid: ${uid}, key: '${name === 'a' ? one : two}'`,
    );
    const [a, b] = [`${sources[0]}, brake: 90% }`, `${sources[1]}, quota: 1T }`];
    const server = 'server: { floor: 5G, scrub: 14d, scrub_rate: 200M }';
    expect(wordsFor(`${server}\nsources:\n${a}\n${b}\n`)).toBe(
      '~ a: brake 50% -> 90%\n~ floor 5 % of the disk -> 5 GiB\n~ scrub 30d -> 14d\n~ scrub_rate 50 MiB/s -> 200 MiB/s',
    );
  });

  test('is said for a UID, a quota, a protect and the port', () => {
    expect(
      wordsFor(
        `server: { port: 2022, protect: 7d }\nsources:\n  a: { uid: 11, key: '${one}' }\n  b: { uid: 2, key: '${two}', protect: 60d }\n`,
      ),
    ).toBe(
      '! a: UID 1 -> 11 is refused while its files belong to 1\n' +
        '~ a: protect 30d -> 7d: what was deleted before that can be purged from now on\n' +
        '~ b: quota 1 TiB -> none\n' +
        '~ b: protect 30d -> 60d\n' +
        '! port of the command line -> 2022: after the next start',
    );
  });

  test('is said for when a source runs and what is asked of its runs', () => {
    const plan =
      "every: 2d, window: '22:00-06:00', retention: { daily: 30 }, prune: { every: 14d }, check: { share: 10% }";
    const server = 'server: { concurrency: 3, time_zone: Europe/Berlin, overdue_after: 3d }';
    const sources = [`  a: { uid: 1, key: '${one}', ${plan} }`, `  b: { uid: 2, key: '${two}', quota: 1T }`];
    const utc = parseSources({ file: 'f', content: written, timeZone: 'UTC' });
    const next = configOf(`${server}\nsources:\n${sources.join('\n')}\n`);
    expect(utc.kind === 'ok' && describeDiff(diffConfigs(utc.config, next))).toEqual([
      '~ a: every 1d -> 2d',
      '~ a: window always -> 22:00-06:00',
      '~ a: overdue_after 2d -> 3d',
      '~ a: retention as its agent.yaml says -> daily 30, weekly 8, monthly 12, yearly 3, all within 2d',
      '~ a: prune as its agent.yaml says -> every 14d',
      '~ a: check as its agent.yaml says -> every 7d, 10% of the data',
      '~ b: overdue_after 2d -> 3d',
      '~ concurrency 2 -> 3',
      '~ time_zone UTC -> Europe/Berlin',
    ]);
  });

  test('is nothing for a window and a policy that are written again', () => {
    const server = "server: { window: '22:00-06:00', retention: { daily: 30 }, prune: {}, check: {} }";
    const again = server.replace('22:00-06:00', '22:00 - 6:00').replace('check: {}', 'check: { share: 5% }');
    expect(describeDiff(diffConfigs(configOf(`${server}\n${written}`), configOf(`${again}\n${written}`)))).toEqual([
      'nothing changes',
    ]);
  });

  test('is nothing when a default is written out', () => {
    const server = `server: { every: 24h, window: always, overdue_after: 48h, concurrency: 2 }`;
    expect(wordsFor(`${server}\n${written}`)).toBe('nothing changes');
  });

  test('warns that a renamed source starts empty', () => {
    expect(wordsFor(`sources:\n  A: { uid: 1, key: '${one}' }\n  b: { uid: 2, key: '${two}', quota: 1T }\n`)).toContain(
      'if this is a renamed: its backups stay under a and A starts empty',
    );
  });
});

describe('a source that turns to SFTP', () => {
  const sftp = (more: string): string =>
    `sources:\n  a: { uid: 1, key: '${one}', access: sftp${more} }\n  b: { uid: 2, key: '${two}', quota: 1T }\n`;

  test('is told what it loses, once', () => {
    expect(wordsFor(sftp(''))).toBe(
      '~ a: access restic -> sftp: its sessions end; what it stored by restic stays, out of its reach, by SFTP: it can ' +
        'overwrite and delete its files for good; what it was told is stored may not be on the disk yet; the quota is ' +
        'checked, not enforced byte by byte',
    );
    expect(wordsFor(sftp(', immutable: true'))).toMatch(/^~ a: access restic -> sftp: .* is kept for protect .*$/);
  });

  test('is told when that changes', () => {
    const words = describeDiff(diffConfigs(configOf(sftp('')), configOf(sftp(', immutable: true'))));
    expect(words).toEqual([expect.stringContaining('~ a: what stood 10 s and a pass is kept for protect')]);
  });
});
