import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomRuns } from '@berth/common/testing/random-runs.ts';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteForRestic, resticOption } from './quote.ts';

/** restic's SplitShellStrings, written again from internal/backend/shell_split.go, rune by rune. */
const splitLikeRestic = (data: string): readonly string[] => {
  let quote = '';
  let last = '';
  const isSplit = (rune: string): boolean => {
    if (last !== '\\') {
      if (quote !== '' && rune === quote) {
        quote = '';
        return true;
      }
      if (quote === '' && (rune === '"' || rune === "'")) {
        quote = rune;
        return true;
      }
    }
    last = rune;
    return quote === '' && (rune === '\\' || /^[\p{White_Space}]$/u.test(rune));
  };
  const fields: string[] = [];
  let field = '';
  for (const rune of data) {
    if (!isSplit(rune)) field += rune;
    else if (field !== '') {
      fields.push(field);
      field = '';
    }
  }
  if (field !== '') fields.push(field);
  if (quote !== '') throw new Error('not terminated');
  return fields;
};

const argument = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1, unit: fc.constantFrom('a', ' ', "'", '"', '\\', '/', '\t', 'é', '\u00a0', '$', '%') }),
);

test('every argument arrives as it was, or is refused before restic sees it', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 6 }), (argv) => {
      let quoted: string;
      try {
        quoted = quoteForRestic(argv);
      } catch {
        refused += 1;
        expect(
          argv.some(
            (text) => text.endsWith('\\') || text.includes('\r\n') || (text.includes("'") && text.includes('"')),
          ),
        ).toBe(true);
        return;
      }
      expect(splitLikeRestic(quoted)).toEqual(argv);
    }),
    randomRuns({ everyday: 1000, long: 5000 }),
  );
  expect(refused).toBeGreaterThan(0);
});

test.for([
  ['', 'empty'],
  ['C:\\keys\\', 'ends in a backslash'],
  [`it's "both"`, 'both quotes'],
])('%j cannot be said to restic (%s) and is a Problem', ([text]) => {
  expect(() => quoteForRestic([text ?? ''])).toThrow(expect.objectContaining({ code: 'unquotable' }));
});

test('the real restic hands the argv over unchanged', async () => {
  const directory = await mkdtemp(join(tmpdir(), `it's a "`.slice(0, 4)));
  try {
    const program = join(directory, 'show argv');
    const seen = join(directory, 'seen');
    await writeFile(program, '#!/bin/sh\nout=$1; shift; printf "%s\\n" "$@" > "$out"\n');
    await chmod(program, 0o700);
    const argv = [
      'plain',
      'two words',
      `it's`,
      'say "hi"',
      'back\\slash',
      '-o',
      'Option=a b',
      'C:\\x\\y z',
      'ünï cödé',
      'a\\"b',
      'a,b',
    ];
    await writeFile(join(directory, 'password'), 'x');
    const options = [
      '-o',
      resticOption('rclone.program', quoteForRestic([program, seen, ...argv])),
      '-o',
      'rclone.args=',
    ];
    await execa(
      'restic',
      [...options, '-r', 'rclone:receive', '-p', join(directory, 'password'), 'cat', 'config', '--no-cache'],
      {
        reject: false,
        timeout: 20_000,
      },
    );
    expect((await readFile(seen, 'utf8')).split('\n')).toEqual([...argv, 'receive', '']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
