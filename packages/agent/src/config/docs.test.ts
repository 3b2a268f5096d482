import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from './load.ts';

const root = join(import.meta.dirname, '../../../..');
const base = 'server: nas\nname: box\npaths: [/srv]\n';

/** The YAML on a page, each as a whole agent.yaml: a list of entries is of `databases:`, and those that show ways to write one need names. */
const examplesOf = (page: string): readonly string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => {
    if (!text.startsWith('- ')) return base + text;
    const entries = text.split(/^(?=- )/m).map((entry, index) => {
      if (/\bname: /.test(entry)) return entry;
      return entry.replace(/engine: (\w+)/, (engine) =>
        entry.startsWith('- {') ? `${engine}, name: e${index}` : engine,
      );
    });
    return `${base}databases:\n${entries.join('')}`;
  });

describe.each(['docs/databases.md', 'docs/containers.md'])('%s', (page) => {
  test.each(examplesOf(page).map((text) => [text]))('shows what agent.yaml takes: %j', (text) => {
    const parsed = parseConfig('agent.yaml', text);
    expect(parsed.ok ? [] : parsed.findings).toEqual([]);
  });

  test('has examples', () => expect(examplesOf(page).length).toBeGreaterThan(0));
});
