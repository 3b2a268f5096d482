import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import type { Containers } from '../containers/containers.ts';
import { hostPathOf } from '../containers/host-path.ts';
import { someContainer } from '../containers/testing.ts';
import { testWorld } from './testing.ts';
import { pathHere, whileStopped } from './while-stopped.ts';

const refuse = async () => Promise.reject(new Error('nobody asks for it here'));
const never = new AbortController().signal;

test('a path in a container is one of its volume, and a link that leads out of that is not followed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'inside-'));
  try {
    const volume = join(folder, 'volume');
    await mkdir(join(volume, 'sub'), { recursive: true });
    await mkdir(join(folder, 'etc'));
    await writeFile(join(folder, 'etc', 'passwd'), 'root');
    await symlink(join(folder, 'etc'), join(volume, 'out'));
    await symlink(join(folder, 'etc', 'new'), join(volume, 'dangling'));
    await symlink('sub', join(volume, 'in'));
    const container = someContainer('shop-db-1', {
      mounts: [{ kind: 'volume', source: volume, target: '/data', writable: true }],
    });
    const containers: Containers = {
      ...{ where: 'unix:///nowhere', list: async () => [container], find: async () => container, hostPath: hostPathOf },
      ...{ exec: refuse, readArchive: refuse, writeArchive: refuse, stop: refuse, start: refuse },
      ...{ pause: refuse, unpause: refuse, [Symbol.asyncDispose]: async () => undefined },
    };
    const world = testWorld({ containers, state: folder });
    const look = (path: string) => pathHere({ kind: 'container', container: { name: 'shop-db-1' } }, path, world);
    expect(await look('/data/sub/db.sqlite3')).toBe(join(volume, 'sub/db.sqlite3'));
    expect(await look('/data/in/db.sqlite3')).toBe(join(volume, 'in/db.sqlite3'));
    expect(await look('/elsewhere')).toBeNull();
    for (const path of ['/data/out', '/data/out/passwd', '/data/out/new/deeper', '/data/dangling']) {
      await expect(look(path), path).rejects.toMatchObject({ code: 'database-refused' });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('work that takes longer than the server may be down has failed: it was started under its hands', async () => {
  const limit = new AbortController();
  const late = new Problem('quiesce-timeout', 'It was down for too long.', 'Give it more time.');
  const quiesce = {
    down: async () => ({
      signal: limit.signal,
      up: async () => ({ downMs: 0, meanwhile: [], warnings: [] }),
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  const stop = { kind: 'unit', unit: 'shop.service', user: false } as const;
  const work = async (): Promise<void> => limit.abort(late);
  await expect(whileStopped(stop, 1, work, testWorld({ quiesce }), never)).rejects.toBe(late);
});
