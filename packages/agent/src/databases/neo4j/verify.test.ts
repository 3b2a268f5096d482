import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { backupVerifier } from '../influxdb/verify.ts';
import { dumpsVerifier } from './verify.ts';

test('looking at a dump ends when the time for it is over, for all its packing', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'berth-verify-'));
  const zipped = gzipSync(Buffer.alloc(1_000_000));
  await writeFile(join(folder.path, 'neo4j.dump'), Buffer.concat([Buffer.from('DGV1'), zipped]));
  await writeFile(join(folder.path, 'a.tar.gz'), zipped);
  await writeFile(
    join(folder.path, 'a.manifest'),
    JSON.stringify({ files: [{ fileName: 'a.tar.gz', size: 1_000_000 }] }),
  );
  const verifiers = (signal: AbortSignal) => [
    dumpsVerifier(folder.path, ['neo4j'], 'dump', signal),
    backupVerifier(folder.path, 1, signal),
  ];
  for (const verifier of verifiers(new AbortController().signal)) {
    await expect(verifier.conclude()).resolves.toBe('stream');
  }
  for (const verifier of verifiers(AbortSignal.abort())) {
    await expect(verifier.conclude()).rejects.toMatchObject({ code: 'cancelled' });
  }
});
