import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configOf, publicKeyLine } from '../sources/testing.ts';
import { containerOptions, fingerprintOf, pagePortOf, phoneMounts, type Wishes } from './settings.ts';

const wishes: Wishes = {
  ...{ image: 'berth', name: 'berth', configDir: '/config', dataDir: '/data', port: 2223, address: null },
  ...{ pagePort: null, memoryBytes: 1, restart: 'always', mounts: [] },
};

test('the page is reached from outside only where sources.yaml has it listen on more than loopback', () => {
  expect(pagePortOf({ address: '127.0.0.1', port: 8480 })).toBeNull();
  expect(pagePortOf({ address: '::1', port: 8480 })).toBeNull();
  expect(pagePortOf(null)).toBeNull();
  expect(pagePortOf({ address: '0.0.0.0', port: 8480 })).toBe(8480);
  expect(pagePortOf({ address: '::', port: 8080 })).toBe(8080);
});

test('its port is published beside that of sshd, and a container without it is as it was', () => {
  const without = containerOptions(wishes);
  expect(without.HostConfig?.PortBindings).toEqual({ '2222/tcp': [{ HostIp: '', HostPort: '2223' }] });
  const both = containerOptions({ ...wishes, address: '192.0.2.1', pagePort: 8480 });
  expect(both.HostConfig?.PortBindings).toEqual({
    '2222/tcp': [{ HostIp: '192.0.2.1', HostPort: '2223' }],
    '8480/tcp': [{ HostIp: '192.0.2.1', HostPort: '8480' }],
  });
  expect(both.ExposedPorts).toEqual({ '2222/tcp': {}, '8480/tcp': {} });
  expect(fingerprintOf(both, 'image')).not.toBe(fingerprintOf(without, 'image'));
});

const phones = configOf(`sources:
  laptop: { uid: 1001, key: '${publicKeyLine(1)}' }
  lisa-phone:
    uid: 1010
    ingest: { folder: "/volume1/phones/lisa, new: 'the' one", password_file: lisa.password }
    media: { to: /volume1/photos/lisa }
  tom-phone: { uid: 1011, ingest: { folder: /volume1/phones/tom/, password_file: tom.password } }
`).sources;

test('a phone has two folders in the container, one without a mirror has one, and a machine that logs in has none', () => {
  expect(phoneMounts(phones)).toEqual([
    {
      source: "/volume1/phones/lisa, new: 'the' one",
      target: '/phones/lisa-phone/ingest',
      readOnly: true,
    },
    { source: '/volume1/photos/lisa', target: '/phones/lisa-phone/media', readOnly: false },
    { source: '/volume1/phones/tom', target: '/phones/tom-phone/ingest', readOnly: true },
  ]);
});

test('a phone that comes, goes or moves makes the container another one; a machine that logs in does not', () => {
  const optionsOf = (sources: typeof phones) => containerOptions({ ...wishes, mounts: phoneMounts(sources) });
  const [laptop, ...others] = phones;
  if (laptop === undefined) throw new Error('there is one');
  const nameOf = (sources: typeof phones) => fingerprintOf(optionsOf(sources), 'image');
  expect(optionsOf([laptop])).toEqual(containerOptions(wishes));
  expect(nameOf(phones)).toBe(nameOf(others));
  expect(new Set([nameOf(phones), nameOf(others.slice(0, 1)), nameOf([])]).size).toBe(3);
  expect(optionsOf(others).HostConfig?.Mounts?.slice(2)).toMatchObject(
    phoneMounts(phones).map(({ source, target, readOnly }) => ({
      ...{ Type: 'bind', Source: source, Target: target, ReadOnly: readOnly },
      // A disk that is not mounted must be an error, never a new folder on the system's.
      BindOptions: { CreateMountpoint: false },
    })),
  );
});

test('the lines that compose.yaml and docs/container.md show for a phone are the mounts that `up` makes', () => {
  const folder = join(import.meta.dirname, '../../../..');
  const lisa = configOf(
    'sources: { lisa-phone: { uid: 1010, ingest: { folder: /volume1/phones/lisa, password_file: p }, media: { to: /volume1/photos/lisa } } }',
  ).sources;
  for (const file of ['docker/compose.yaml', 'docs/container.md']) {
    const lines = readFileSync(join(folder, file), 'utf8').match(/^ *(# )?- \{ type: bind, .*\}$/gm) ?? [];
    const shown: unknown = parse(lines.map((line) => line.replace(/^[ #]*/, '')).join('\n'));
    expect(shown).toEqual(
      phoneMounts(lisa).map(({ source, target, readOnly }) => ({
        ...{ type: 'bind', source, target, bind: { create_host_path: false } },
        ...(readOnly ? { read_only: true } : {}),
      })),
    );
  }
});
