import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../sources/testing.ts';
import { check } from './check.ts';
import { printCheck } from './print.ts';

const content = `channels:
  mail: { type: email, host: h, user: me, password_file: smtp-password, from: a@example.org, to: a@example.org }
sources: {}
`;

test('check names a secret that is missing beside sources.yaml, and what the server would do all the same', async () => {
  await using folder = await temporaryFolder();
  mkdirSync(folder.path('data'));
  writeFileSync(folder.path('sources.yaml'), content);
  const asked = { configFile: folder.path('sources.yaml'), dataDir: folder.path('data'), mode: 'rootless' as const };
  const without = await check(asked);
  expect(without).toMatchObject({ findings: [], silent: [{ code: 'channel-broken', name: 'mail' }] });
  expect(printCheck(without)).toContain(`channel mail does not work: ${folder.path('smtp-password')} does not exist.`);
  expect(printCheck(without)).toContain('+ channel mail: email to a@example.org by h');
  expect(printCheck(without)).toContain('valid: 0 sources, but what is named above stays silent');

  writeFileSync(folder.path('smtp-password'), 'hunter2\n', { mode: 0o644 });
  const open = await check(asked);
  expect(open).toMatchObject({ findings: [], silent: [], warnings: [{ code: 'secret-open' }] });
  expect(printCheck(open)).toContain('warning');
  expect(printCheck(open)).not.toContain('hunter2');
});
