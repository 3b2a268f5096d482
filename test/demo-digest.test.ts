import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repository } from './helpers/receiver.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-demo-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('demo:digest keeps every promise, writes what it names, and leaves nothing else behind', async () => {
  const node = join(repository, 'node_modules/node/bin/node');
  const folder = join(directory, 'shown');
  const { exitCode, stdout } = await execa(node, [join(repository, 'scripts/demo-digest/main.ts'), '--to', folder], {
    ...{ reject: false, stdin: 'ignore', timeout: 110_000 },
    env: { TMPDIR: directory, HOME: directory },
  });
  expect(stdout).toContain('none of these machines exists');
  expect(stdout).toMatch(/^All 6 promises held in /m);
  expect(exitCode).toBe(0);
  const looks = ['desktop-dark', 'desktop-light', 'phone-dark', 'phone-light'];
  const pictures = ['digest', 'page'].flatMap((what) => looks.map((look) => `${what}-${look}.png`));
  expect((await readdir(folder)).toSorted()).toEqual(
    ['digest.html', 'digest.txt', 'page-source.png', ...pictures].toSorted(),
  );
  expect(await readdir(directory)).toEqual(['shown']);
});
