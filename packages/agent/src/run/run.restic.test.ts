import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRestic } from '@berth/common/restic/restic.ts';
import { describe, expect, test } from 'vitest';
import { resticBinaries } from '../../../../test/helpers/restic.ts';
import { configWith, stage } from './testing.ts';

for (const restic of await resticBinaries()) {
  const suite = 'path' in restic ? describe : describe.skip;
  const binary = 'path' in restic ? restic.path : '';
  suite(`with restic ${restic.release}${'missing' in restic ? ` (skipped: ${restic.missing})` : ''}`, {
    timeout: 60_000,
  }, () => {
    test('a run backs up, thins out, prunes, checks a share, and a second one finds neither due', async () => {
      await using it = await stage();
      const files = join(it.home.directory, 'files');
      await mkdir(files);
      await writeFile(join(files, 'a'), 'a');
      await writeFile(it.home.password, 'correct horse\n', { mode: 0o600 });
      const local = await openRestic({
        ...{ binary, repository: join(it.home.directory, 'repo'), passwordFile: it.home.password },
        ...{ cacheDirectory: it.home.cache, env: process.env, priority: { nice: 10, ionice: 'low' } },
      });
      const world = {
        ...it.world,
        reach: async () => ({ restic: local, [Symbol.asyncDispose]: async () => undefined }),
      };
      const config = { ...configWith('retention: { keep_within: 1s }'), paths: [files] };
      const early = await it.run(config, { world });
      expect(early.report).toMatchObject({ outcome: 'failed', reason: 'no-repository', attempts: 1 });
      await local.init();
      const { report } = await it.run(config, { world });
      expect(report).toMatchObject({ outcome: 'ok', versions: { restic: expect.stringContaining(restic.release) } });
      expect(report.steps.map(({ name }) => name)).toEqual(['connect', 'unlock', 'backup', 'forget', 'prune', 'check']);
      await writeFile(join(files, 'b'), 'b');
      const gone = join(it.home.directory, 'gone');
      const second = (await it.run({ ...config, paths: [files, gone] }, { world })).report;
      expect(second).toMatchObject({ outcome: 'incomplete', reason: 'incomplete', snapshot: expect.any(String) });
      expect(second.steps.map(({ name }) => name)).toEqual(['connect', 'unlock', 'backup', 'forget']);
      expect(second.steps[2]).toMatchObject({
        numbers: { filesNew: 1 },
        warnings: [`${gone} does not exist, skipping`],
      });
      const dry = await it.run(config, { world, dryRun: true });
      expect(dry.report).toMatchObject({ outcome: 'ok', snapshot: null });
      expect(await local.snapshots({}, {})).toMatchObject({ kind: 'ok' });
      await rm(files, { recursive: true });
    });
  });
}
