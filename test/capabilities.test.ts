import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { containerOptions } from '../packages/server/src/container/settings.ts';
import { repository } from './helpers/receiver.ts';

const read = (path: string): Promise<string> => readFile(join(repository, path), 'utf8');

/** The capabilities that a page gives a row of a table of their own, in the order they stand there. */
const justifiedIn = async (page: string): Promise<readonly string[]> =>
  [...(await read(page)).matchAll(/^\| `?(?:CAP_)?([A-Z]+(?:_[A-Z]+)*)`? \|/gm)].map(([, name = '']) => name);

/** What the threat model justifies: a row each, that says what for and what happens without. */
const justified = await justifiedIn('docs/threat-model.md');

const compose = z.object({
  services: z.object({
    berth: z.object({
      cap_drop: z.array(z.string()),
      cap_add: z.array(z.string()),
      security_opt: z.array(z.string()),
      read_only: z.boolean(),
      privileged: z.never().optional(),
    }),
  }),
});

test('every capability that is given is justified in the threat model, and every one justified is given', async () => {
  expect(justified.length).toBeGreaterThan(0);
  expect(new Set(justified).size).toBe(justified.length);
  const expected = [...justified].sort();

  const { berth } = compose.parse(parse(await read('docker/compose.yaml'))).services;
  expect(['compose.yaml', ...[...berth.cap_add].sort()]).toEqual(['compose.yaml', ...expected]);
  expect(berth.cap_drop).toEqual(['ALL']);
  expect(berth.security_opt).toContain('no-new-privileges:true');
  expect(berth.read_only).toBe(true);

  const wishes = { image: 'berth', name: 'berth', configDir: '/c', dataDir: '/d', port: 2222, address: null } as const;
  const { HostConfig: up = {} } = containerOptions({
    ...wishes,
    pagePort: null,
    memoryBytes: 1,
    restart: 'no',
    mounts: [],
  });
  expect(['berth-server up', ...[...(up.CapAdd ?? [])].sort()]).toEqual(['berth-server up', ...expected]);
  expect(up.CapDrop).toEqual(['ALL']);
  expect(up.SecurityOpt).toEqual(['no-new-privileges:true']);
  expect(up.Privileged).toBeUndefined();

  const unit = await read('packaging/systemd/berth-server.service');
  const settings = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value);
  const [bounding = '', ...more] = settings('CapabilityBoundingSet');
  expect(more).toEqual([]);
  const given = bounding.split(' ').map((name) => name.replace(/^CAP_/, ''));
  expect(['berth-server.service', ...given.sort()]).toEqual(['berth-server.service', ...expected]);
  expect(settings('AmbientCapabilities')).toEqual([]);
  expect(settings('NoNewPrivileges')).toEqual(['yes']);

  expect(['docs/container.md', ...[...(await justifiedIn('docs/container.md'))].sort()]).toEqual([
    'docs/container.md',
    ...expected,
  ]);
});

test('every test the threat model names is there, by the title it has', async () => {
  const page = await read('docs/threat-model.md');
  const named = [...page.matchAll(/`((?:test|packages|experiments)\/[\w./-]+\.ts)`((?:[:,]? “[^”]+”)*)/g)];
  expect(named.length).toBeGreaterThan(15);
  for (const [, file = '', titles = ''] of named) {
    const text = await read(file);
    for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g))
      expect([file, title, text.includes(title)]).toEqual([file, title, true]);
  }
});
