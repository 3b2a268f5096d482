import { describe, expect, test } from 'vitest';
import { onlyGlobals } from './only-globals.ts';

const through = async (text: string, size = 7): Promise<string> => {
  const bytes = Buffer.from(text);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const out: Uint8Array[] = [];
  for await (const chunk of onlyGlobals(chunks())) out.push(chunk);
  return Buffer.concat(out).toString();
};

const globals = `--
-- PostgreSQL database cluster dump
--

\\restrict 9KqXf3

SET default_transaction_read_only = off;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE "o'brien \\ \\!";
ALTER ROLE "o'brien \\ \\!" WITH NOSUPERUSER LOGIN PASSWORD 'SCRAM-SHA-256$4096:abc=$def=:ghi=';
COMMENT ON ROLE shop IS 'it''s -- \\! no command
\\! nor here';
COMMENT ON ROLE crm IS E'a \\\\ b \\' c \\! d';
GRANT "shop" TO crm GRANTED BY postgres;/* a /* nested \\! */ one ' */
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLESPACE fast OWNER postgres LOCATION '/srv/fast';

--
-- PostgreSQL database cluster dump complete
--

\\unrestrict 9KqXf3
`;

describe('roles and tablespaces', () => {
  test.each([1, 7, 4096])('pass as they are, in pieces of %i', async (size) => {
    expect(await through(globals, size)).toBe(globals);
  });

  test.each([
    ['a program', '\\! touch /tmp/x\n'],
    ['a program behind a statement', 'SELECT 1 \\! touch /tmp/x\n'],
    ['a program behind a comment that a name ended', '-- User Config "x\n\\! touch /tmp/x\n'],
    ['a program behind a comment in a line', '/* a */\\! touch /tmp/x\n'],
    ['a file', '\\i /etc/passwd\n'],
    ['a restriction with more behind it', '\\restrict x \\! touch /tmp/x\n'],
    ['a command that is longer than it is looked at', `\\restrict ${'x'.repeat(400)} \\! y\n`],
    ['data, in which quotes are none', "COPY x FROM stdin;\n'\n\\.\n\\! touch /tmp/x '\n"],
    ['a program of the server’s', "COPY (SELECT 1) TO PROGRAM 'touch /tmp/x';\n"],
    ['quotes of another kind', "SELECT $$ ' $$ \\! touch /tmp/x '\n"],
    ['a backslash that could go on a text', "SET standard_conforming_strings = off; SELECT '\\'' \\! touch /tmp/x '\n"],
    ['a text with escapes that ended', "SELECT E'\\\\' \\! touch /tmp/x '\n"],
    ['a comment that only seems to end', "/*/ ' */ \\! touch /tmp/x '\n"],
    ['a comment in a comment that only seems to end', '/* /*/ */ */ \\! touch /tmp/x\n'],
    ['a block of code', "DO 'BEGIN END';\n"],
  ])('end where there is %s', async (_, more) => {
    for (const size of [1, 4096]) {
      await expect(through(`${globals}${more}`, size)).rejects.toMatchObject({ code: 'restore-refused' });
    }
  });
});
