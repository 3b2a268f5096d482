import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addPhoneCommands } from '../cli/phone.ts';
import { phoneCodes } from '../events/condition.ts';
import { configOf } from '../sources/testing.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/phone.md'), 'utf8');
const snippets = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, snippet = '']) => snippet);

describe('docs/phone.md', () => {
  test('shows phones that work as they stand', () => {
    expect(snippets).toHaveLength(2);
    const [usual, other] = snippets.map((snippet) => configOf(snippet).sources[0]);
    expect(usual).toMatchObject({ keys: [], ingest: { settleMs: 30 * 60_000, syncthing: { folderId: 'abcd-1234' } } });
    expect(usual?.media).toMatchObject({ from: ['DCIM', 'Pictures', 'Movies'], layout: 'as-is', types: 'media' });
    expect(other).toMatchObject({ ingest: { group: 1000 }, media: { layout: 'by-date', readableBy: 'all' } });
  });

  test('types only commands and options that there are', () => {
    const program = new Command('berth-server');
    addPhoneCommands(program, { examples: () => '', defaults: { data: '/data' } });
    const known = new Map(
      program.commands[0]?.commands.map((command) => [command.name(), command.options.map(({ long }) => long)]),
    );
    const typed = [...page.matchAll(/berth-server phone ([a-z-]+)([^`\n]*)/g)];
    expect(typed.length).toBeGreaterThan(8);
    for (const [line, name = '', rest = ''] of typed) {
      expect([...known.keys()], line).toContain(name);
      for (const [option] of rest.replace(/#.*/, '').matchAll(/--[a-z-]+/g))
        expect(known.get(name), line).toContain(option);
    }
    for (const name of known.keys()) expect(page).toContain(`berth-server phone ${name}`);
  });

  test('explains every trouble there is with a phone, and no other', () => {
    const table = page.slice(page.indexOf('## When something is wrong'), page.indexOf('## Limits'));
    expect([...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code).toSorted()).toEqual(
      [...phoneCodes].toSorted(),
    );
  });
});
