import { Problem } from '@berth/common/problem.ts';
import { expect, test } from 'vitest';
import type { MonitorWord } from './link.ts';
import { Paging } from './paging.ts';
import type { PageSettings } from './settings.ts';

const at = (port: number): PageSettings => ({ address: '127.0.0.1', port, hosts: [], password: null, proxy: null });
const paging = () => {
  const world = {
    said: [] as MonitorWord[],
    /** What is open and was opened; a port in `taken` can not be had. */
    open: [] as number[],
    taken: new Set<number>(),
    nowMs: 0,
  };
  const page = new Paging({
    serve: async ({ port }) => {
      if (world.taken.has(port)) throw new Problem('page-port', `Port ${port} is taken.`, 'Take another.');
      world.open.push(port);
      return {
        url: `http://127.0.0.1:${port}`,
        close: async () => {
          world.open = world.open.filter((other) => other !== port);
        },
      };
    },
    tell: (words) => world.said.push(...words),
    steadyMs: () => world.nowMs,
  });
  return { world, page };
};

test('the page is where the settings say, moves with them, and is gone with them', async () => {
  const { world, page } = paging();
  await page.apply({ page: at(1), broken: [] });
  expect([page.url, world.open]).toEqual(['http://127.0.0.1:1', [1]]);
  await page.apply({ page: at(1), broken: [] });
  expect(world.said).toEqual([{ resolve: 'page-down' }]);
  await page.apply({ page: at(2), broken: [] });
  expect([page.url, world.open]).toEqual(['http://127.0.0.1:2', [2]]);
  await page.apply({ page: null, broken: [] });
  expect([page.url, world.open]).toEqual([null, []]);
});

test('one that can not be is a condition, and is tried again until it can', async () => {
  const { world, page } = paging();
  world.taken.add(1);
  await page.apply({ page: at(1), broken: [] });
  expect(page.url).toBeNull();
  expect(world.said).toMatchObject([
    { raise: { code: 'page-down', text: 'Port 1 is taken.', remedy: 'Take another.' } },
  ]);
  world.taken.clear();
  page.tick();
  await page.apply({ page: at(1), broken: [] });
  expect(world.said.at(-1)).toEqual({ resolve: 'page-down' });
  const later = paging();
  later.world.taken.add(1);
  await later.page.apply({ page: at(1), broken: [] });
  later.world.taken.clear();
  later.world.nowMs = 29_000;
  later.page.tick();
  await new Promise((resolve) => setImmediate(resolve));
  expect(later.page.url).toBeNull();
  later.world.nowMs = 31_000;
  later.page.tick();
  await new Promise((resolve) => setImmediate(resolve));
  expect(later.page.url).toBe('http://127.0.0.1:1');
});

test('one whose password is missing is not served, and that is said', async () => {
  const { world, page } = paging();
  const broken = [{ kind: 'page', name: 'page', text: 'page-password does not exist.', remedy: 'Write it.' }] as const;
  await page.apply({ page: null, broken: [...broken] });
  expect(world.said).toMatchObject([{ raise: { code: 'page-down', text: 'page-password does not exist.' } }]);
});
