import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A tar of files, by the machine's own tar. */
export const tarOf = (files: Readonly<Record<string, string | Uint8Array>>): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-tar-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return execFileSync('tar', ['--format=ustar', '-C', folder, '-cf', '-', ...Object.keys(files)], {
      maxBuffer: 100_000_000,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** One file of a tar. */
export const fileOfTar = (tar: Uint8Array, name: string): string =>
  execFileSync('tar', ['-xOf', '-', name], { input: tar, maxBuffer: 100_000_000 }).toString();
