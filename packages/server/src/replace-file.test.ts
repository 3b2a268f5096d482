import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceFile } from './replace-file.ts';

test('a link that somebody left at the name, or at the temporary one, is replaced and leads nowhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-replace-'));
  try {
    const [file, precious] = [join(folder, 'digest.html'), join(folder, 'precious')];
    writeFileSync(precious, 'kept');
    symlinkSync(precious, file);
    symlinkSync(precious, `${file}.new`);
    replaceFile(file, 'one', 0o600);
    replaceFile(file, 'two', 0o600);
    expect([readFileSync(file, 'utf8'), readFileSync(precious, 'utf8')]).toEqual(['two', 'kept']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
