import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { exitCode } from '@berth/common/problem.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type TestPhone, withPhone } from './helpers/phone.ts';
import { eventually, isRoot } from './helpers/receiver.ts';

const listed = z.array(z.object({ id: z.string() }));

/** Nobody syncs: the test puts files where they arrive. */
describe.each(isRoot ? (['root', 'rootless'] as const) : (['rootless'] as const))(
  'the past of a phone (%s)',
  (mode) => {
    let phone: TestPhone;
    let between = '';
    let aside = '';
    beforeAll(async () => {
      aside = await mkdtemp(join(tmpdir(), 'berth-phone-past-'));
      phone = await withPhone({ mode, syncthing: false, media: { every: '1d' }, source: { every: '30d' } });
      await phone.put('DCIM/first.jpg', Buffer.from('the first'));
      await backUp();
      between = new Date().toISOString();
      await phone.remove('DCIM/first.jpg');
      await phone.put('DCIM/second [1].jpg', Buffer.from('the second'));
      await backUp();
    }, 120_000);
    afterAll(async () => {
      await phone?.[Symbol.asyncDispose]();
      await rm(aside, { recursive: true });
    });
    const typed = (...words: readonly string[]) => phone.cli('phone', ...words);
    /** The server makes a run of its own of a phone that is new. */
    const backUp = () =>
      eventually('a backup', 60_000, async () => (await typed('backup', phone.name)).exitCode === exitCode.ok);

    test('snapshots, ls and dump show it as it was, and say which moment that is', async () => {
      const then = await typed('snapshots', phone.name, '--json', '--as-of', between);
      expect(then.stderr).toMatch(/^as of \d{4}-/);
      const now = await typed('snapshots', phone.name, '--json');
      const [before, after] = [then, now].map(({ stdout }) => listed.parse(parseJson(stdout)));
      expect(after?.slice(0, -1)).toEqual(before);
      const all = (await typed('ls', phone.name, '--all', '--as-of', between)).stdout;
      expect([all.includes('/DCIM/first.jpg'), all.includes('second')]).toEqual([true, false]);
      const folder = (await typed('ls', phone.name, 'DCIM')).stdout;
      expect([folder.includes('first'), folder.includes('/DCIM/second [1].jpg')]).toEqual([false, true]);
      expect((await typed('dump', phone.name, 'DCIM/first.jpg', '--as-of', between)).stdout).toBe('the first');
      expect((await typed('dump', phone.name, 'DCIM')).stdout, 'a tar').toMatch(/^\/?DCIM/);
    });

    test('a moment before everything is said to be one', async () => {
      const { exitCode: code, stderr } = await typed('ls', phone.name, '--as-of', '2001-01-01');
      expect([code, stderr]).toEqual([1, expect.stringContaining('the past of this source begins at')]);
    });

    test('nothing is brought back over what is there, nor to where the phone can not walk', async () => {
      const full = join(aside, 'full');
      if (mode === 'rootless') await chmod(aside, 0o755);
      await mkdir(full);
      await writeFile(join(full, 'mine'), 'mine');
      const to = async (target: string) => (await typed('restore', phone.name, '--to', target)).stderr;
      expect(await to(full)).toContain('is not empty');
      expect(await to(join(full, 'mine'))).toContain('is a file');
      expect(await to(join(full, 'no/such'))).toContain('can not be made');
      // The folder above it is root's alone.
      expect(await to(join(full, '../new'))).toMatch(mode === 'root' ? /can not walk there/ : /can not be made/);
      expect([await readdir(full), await readdir(aside)]).toEqual([['mine'], ['full']]);
    });
  },
);
