import { expect, test } from 'vitest';
import { asConnectionString, asIdentifier } from './connection.ts';
import { toolsFor } from './tools.ts';
import { globalsVerifier } from './verify.ts';

const tools = (major: number) => ({
  directory: `/usr/lib/postgresql/${major}/bin`,
  major,
  version: `pg_dump ${major}.1`,
});

test('a server is copied by the tools of its own release, else of the next newer one, and never by older ones', () => {
  const all = [tools(17), tools(15), tools(13)];
  expect(toolsFor(all, 15).major).toBe(15);
  expect(toolsFor(all, 14).major).toBe(15);
  expect(toolsFor(all, 16).major).toBe(17);
  expect(() => toolsFor(all, 18)).toThrow(expect.objectContaining({ code: 'tool-too-old' }));
});

test('names are names wherever they stand', () => {
  expect(asConnectionString(`a'b\\c = "x`)).toBe(`dbname='a\\'b\\\\c = "x'`);
  expect(asIdentifier('a"b')).toBe('"a""b"');
});

test('globals are whole when their last words are there, with or without the key after them', async () => {
  const begin = '--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE clerk;\n';
  const mark = '--\n-- PostgreSQL database cluster dump complete\n--\n\n';
  const verified = async (text: string): Promise<string> => {
    await using verifier = globalsVerifier();
    for (const byte of Buffer.from(text)) await verifier.see(new Uint8Array([byte]));
    return verifier.conclude();
  };
  expect(await verified(`${begin}${mark}`)).toBe('stream');
  expect(await verified(`${begin}${mark}\\unrestrict abc123\n\n`)).toBe('stream');
  for (const cut of [begin, `${begin}${mark}`.slice(0, -20), mark, '']) {
    await expect(verified(cut)).rejects.toMatchObject({ code: 'dump-unverified' });
  }
});
