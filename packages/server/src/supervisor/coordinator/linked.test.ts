import { expect, test } from 'vitest';
import { sourceOf } from '../../accounts/testing.ts';
import { toCoordinatorSchema } from '../../coordinator/link.ts';
import { parseSources } from '../../sources/load.ts';
import { linkedConfig, storedBySftp } from './linked.ts';

const key = (number: number): string => {
  const [{ type, blob } = { type: '', blob: '' }] = sourceOf('any', 4001, [number]).keys;
  return `${type} ${blob}`;
};

test('what sources.yaml says of slots reaches the coordinator, and passes its own check', () => {
  const parsed = parseSources({
    file: 'test',
    content: `
server: { concurrency: 3, time_zone: Europe/Berlin, window: '22:00-06:00' }
sources:
  laptop: { uid: 4001, key: '${key(1)}', every: 2d, quota: 5G }
  scanner: { uid: 4002, key: '${key(2)}', access: sftp }
  lisa-phone: { uid: 4003, ingest: { folder: /volume1/phones/lisa, password_file: lisa.password } }
`,
  });
  if (parsed.kind !== 'ok') throw new Error(JSON.stringify(parsed));
  const message = linkedConfig(parsed.config);
  expect(toCoordinatorSchema.parse(message)).toEqual(message);
  expect(message).toMatchObject({
    ...{ concurrency: 3, timeZone: 'Europe/Berlin' },
    sources: [
      { name: 'laptop', uid: 4001, everyMs: 172_800_000, window: { from: 1320, to: 360 }, hasAgent: true },
      { name: 'scanner', hasAgent: false, isPhone: false },
      { name: 'lisa-phone', hasAgent: true, isPhone: true },
    ],
  });
});

test('a change of an SFTP source’s files is its success, and two failed passes are a disk that can not be read', () => {
  const judgement = { usedBytes: 5, at: '2026-11-14T02:00:00.000Z', changedAt: '2026-11-14T01:00:00.000Z' };
  const well = { ...judgement, failures: 0, failure: null, unreadable: 0, readOnly: null };
  expect(storedBySftp(well)).toMatchObject({
    lastSnapshotAt: judgement.changedAt,
    unreadable: null,
    live: { bytes: 5 },
  });
  expect(storedBySftp({ ...well, failures: 1, failure: 'EIO' })?.unreadable).toBeNull();
  expect(storedBySftp({ ...well, failures: 2, failure: 'EIO' })?.unreadable).toBe('EIO');
  expect(storedBySftp({ ...well, at: null, usedBytes: null })).toBeNull();
});
