import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tarReader } from './tar.ts';

const made = (): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-tar-'));
  try {
    writeFileSync(join(folder, 'meta.json'), '{}');
    writeFileSync(join(folder, 'state.bin'), Buffer.alloc(1300, 7));
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep', 'empty'), '');
    return execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', '-', 'meta.json', 'state.bin', 'deep']);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const readBy = (archive: Uint8Array, size: number): Record<string, number> => {
  const seen: Record<string, number> = {};
  const reader = tarReader(({ name, type }) => {
    if (type === '0') seen[name] = 0;
    return (chunk) => {
      seen[name] = (seen[name] ?? 0) + chunk.length;
    };
  });
  for (let at = 0; at < archive.length; at += size) reader.write(archive.subarray(at, at + size));
  reader.end();
  return seen;
};

test('what GNU tar wrote is read, however it is cut into pieces', () => {
  const archive = made();
  for (const size of [1, 511, 512, 513, 100_000]) {
    expect(readBy(archive, size)).toEqual({ 'meta.json': 2, 'state.bin': 1300, 'deep/empty': 0 });
  }
});

test('an archive that ends early is told, wherever it ends', () => {
  const archive = made();
  const end = archive.findLastIndex((byte) => byte !== 0);
  for (const length of [0, 100, 512, 700, 1024, 2000, 2560, end + 1]) {
    expect(() => readBy(archive.subarray(0, length), 512), `${length}`).toThrow('cut');
  }
});

test('what is no archive is told at once', () => {
  expect(() => readBy(Buffer.alloc(600, 'x'), 600)).toThrow('no archive');
});
