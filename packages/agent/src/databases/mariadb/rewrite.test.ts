import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteDump } from './rewrite.ts';
import { knowsSandbox, knowsSystem } from './tools.ts';

const dumpOf = (name: string): string =>
  `/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\n-- Host: localhost    Database: shop\n\n--\n-- Current Database: \`${name}\`\n--\n
CREATE DATABASE /*!32312 IF NOT EXISTS*/ \`${name}\` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;\n\nUSE \`${name}\`;\n
INSERT INTO \`items\` VALUES ('USE \`${name}\`;\\n');\nALTER DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE x;\nUSE \`${name}\`;\nCREATE VIEW v AS SELECT 1;\n-- Dump completed\n`;

const rewritten = async (text: string, how: Parameters<typeof rewriteDump>[1], size: number): Promise<string> => {
  const bytes = Buffer.from(text);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of rewriteDump(pieces(), how)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

describe('a dump on its way into a database of another name', () => {
  test('names the new one in its statements and nowhere else, however it comes apart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.boolean(), async (size, withoutSandbox) => {
        const to = 'o`th\ner $& $1';
        const text = await rewritten(dumpOf('shop'), { withoutSandbox, rename: { from: 'shop', to } }, size);
        const quoted = '`o``th\ner $& $1`';
        expect(text).toContain(`\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ ${quoted} /*`);
        expect(text).toContain(`\nUSE ${quoted};\n`);
        expect(text).toContain(`\nALTER DATABASE ${quoted} CHARACTER SET`);
        // The views come last, and must not land in the old one.
        expect(text.split(`\nUSE ${quoted};\n`)).toHaveLength(3);
        expect(text).not.toContain('\nUSE `shop`');
        expect(text).toContain('-- Current Database: `shop`');
        expect(text).toContain("VALUES ('USE `shop`;\\n')");
        expect(text.startsWith('/*M!999999')).toBe(!withoutSandbox);
        expect(text.endsWith('-- Dump completed\n')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('is refused where it does not say which it makes', async () => {
    const how = { withoutSandbox: false, rename: { from: 'crm', to: 'new' } };
    await expect(rewritten(dumpOf('shop'), how, 100)).rejects.toMatchObject({ code: 'restore-refused' });
  });

  test('passes byte by byte as it is where nothing is to change', async () => {
    const text = dumpOf('shop');
    expect(await rewritten(text, { withoutSandbox: false, rename: null }, 7)).toBe(text);
    expect(await rewritten('', { withoutSandbox: true, rename: null }, 7)).toBe('');
  });
});

test('the sandbox line is for the clients that know it, and accounts for the tools that dump them', () => {
  const mariadb = (...release: number[]) => ({ isMariadb: true, release });
  expect([mariadb(10, 11, 8), mariadb(11, 4, 2), mariadb(11, 8, 1), mariadb(10, 5, 25)].map(knowsSandbox)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(
    [mariadb(10, 11, 7), mariadb(10, 4, 34), mariadb(11, 4, 1), { isMariadb: false, release: [8, 4, 0] }].map(
      knowsSandbox,
    ),
  ).toEqual([false, false, false, false]);
  expect(
    [mariadb(10, 5, 9), mariadb(10, 6, 0), mariadb(10, 5, 8), { isMariadb: false, release: [8, 0, 36] }].map(
      knowsSystem,
    ),
  ).toEqual([true, true, false, false]);
});
