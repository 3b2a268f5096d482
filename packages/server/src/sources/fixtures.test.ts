import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFindings } from '@berth/common/yaml/finding.ts';
import { describe, expect, test } from 'vitest';
import { describeDiff } from './describe-diff.ts';
import { diffConfigs } from './diff.ts';
import { readAccounts } from './host-accounts.ts';
import { type ParsedSources, parseSources } from './load.ts';
import { configOf } from './testing.ts';

/**
 * Every `NN-name.yaml` is refused with exactly the words of `NN-name.expected`; every `ok-name.yaml` is accepted, and its
 * `.expected` says what it would change on an empty server. After an intended change of words:
 * `UPDATE_FIXTURES=1 vitest run fixtures.test.ts`, and read the difference.
 */
const { UPDATE_FIXTURES } = process.env;
const folder = join(import.meta.dirname, 'fixtures');
const accounts = readAccounts(
  'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33:::\nbackup:x:34:34:::\nsshd:x:105:::\nberth:x:990:::\n',
);
const timeZone = 'Asia/Tokyo';
const nobody = configOf(`server: { time_zone: ${timeZone} }\nsources: {}`);

/** Too large to check in. */
const generated: Readonly<Record<string, string>> = {
  '90-one-mebibyte': `sources: {}\n${'# x\n'.repeat(2 ** 18)}`,
};

const names = readdirSync(folder)
  .filter((entry) => entry.endsWith('.yaml'))
  .map((entry) => entry.replace(/\.yaml$/, ''))
  .concat(Object.keys(generated))
  .toSorted();

const printed = (parsed: ParsedSources): string => {
  if (parsed.kind === 'invalid') return `${formatFindings(parsed.findings)}\n`;
  const effects = describeDiff(diffConfigs(nobody, parsed.config)).join('\n');
  return parsed.warnings.length === 0 ? `${effects}\n` : `${effects}\n${formatFindings(parsed.warnings)}\n`;
};

describe('sources.yaml', () => {
  test.each(names)('%s', (name) => {
    const content = generated[name] ?? readFileSync(join(folder, `${name}.yaml`));
    const parsed = parseSources({ file: 'sources.yaml', content, accounts, timeZone });
    const expected = join(folder, `${name}.expected`);
    if (UPDATE_FIXTURES === '1') writeFileSync(expected, printed(parsed));
    expect(printed(parsed)).toBe(readFileSync(expected, 'utf8'));
    expect(parsed.kind).toBe(name.startsWith('ok-') ? 'ok' : 'invalid');
  });

  test('an alias bomb of 308 bytes is refused in less than 100 ms', () => {
    const content = readFileSync(join(folder, `${names.find((name) => name.endsWith('alias-bomb'))}.yaml`));
    expect(content.length).toBe(308);
    const start = performance.now();
    expect(parseSources({ file: 'sources.yaml', content }).kind).toBe('invalid');
    expect(performance.now() - start).toBeLessThan(100);
  });
});
