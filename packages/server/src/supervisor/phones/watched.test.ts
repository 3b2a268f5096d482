import { describe, expect, test } from 'vitest';
import { allRights } from '../../session/jail.ts';
import { phoneOf } from './testing.ts';
import { watchedOf } from './watched.ts';
import { watcherCommand } from './watcher.ts';

const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const files =
  (some: Readonly<Record<string, string>>): NonNullable<Parameters<typeof watchedOf>[1]['read']> =>
  (path) => {
    const text = some[path];
    return text === undefined ? { kind: 'missing' } : { kind: 'read', bytes: Buffer.from(text), mode: 0o600 };
  };
const withCertificate = phoneOf({
  ingest: `
      syncthing: { url: 'https://nas:8384', api_key_file: k, folder_id: abcd, certificate_file: c.pem }`,
});

describe('the watcher is told', () => {
  test('the keys that root reads, of those phones that have a Syncthing', () => {
    const read = files({ '/etc/berth/syncthing.key': ' secret \n' });
    const { phones, broken } = watchedOf([phoneOf(), phoneOf({ ingest: '' })], { folder: '/etc/berth', read });
    const [url, folderId] = ['http://127.0.0.1:8384', 'abcd-1234'];
    expect(phones).toEqual([{ name: 'lisa-phone', url, key: 'secret', folderId, certificate: null }]);
    expect(broken).toEqual([]);
  });

  test('the certificate to trust, which is PEM', () => {
    const told = (c: string) =>
      watchedOf([withCertificate], { folder: '/e', read: files({ '/e/k': 'key', '/e/c.pem': c }) });
    expect(told(pem).phones).toMatchObject([{ certificate: pem }]);
    expect(told('der')).toMatchObject({ phones: [], broken: [{ name: 'lisa-phone' }] });
  });

  test('nothing of a phone whose key can not be read, which is said without the key', () => {
    const { phones, broken } = watchedOf([phoneOf()], { folder: '/etc/berth', read: files({}) });
    expect(phones).toEqual([]);
    expect(broken).toMatchObject([{ word: { raise: { code: 'syncthing-refused', source: 'lisa-phone' } } }]);
  });
});

test('the watcher is an account of its own that writes nothing and reads no folder of ours', () => {
  const jail = { kind: 'landlock', rights: allRights, libraries: ['/lib/libc.so.6'] } as const;
  const place = { mode: 'private', jail, node: '/run/berth/node', watcher: '/run/berth/program/watcher.mjs' } as const;
  const words = watcherCommand(place, () => null);
  expect(words.slice(0, 8)).toEqual([
    ...['setpriv', '--pdeathsig', 'TERM', '--reuid', '65531', '--regid', '65531', '--clear-groups'],
  ]);
  const allowed = words.flatMap((word) => /^path-beneath:(.*)$/.exec(word)?.[1] ?? []);
  expect(allowed).toEqual([
    'read-file:/lib/libc.so.6',
    'execute,read-file:/run/berth/node',
    'read-file,read-dir:/run/berth/program',
    'read-file:/dev/null',
  ]);
  expect(words.join(' ')).not.toContain('--allow-fs-write');
  expect(watcherCommand({ ...place, mode: 'rootless' }, () => null).join(' ')).not.toContain('--reuid');
});
