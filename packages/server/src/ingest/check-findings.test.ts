import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configOf, temporaryFolder } from '../sources/testing.ts';
import { phoneFindings } from './check-findings.ts';

const restic = '/usr/bin/restic';
const syncthing = { url: 'http://127.0.0.1:8384', api_key_file: 'key', folder_id: 'x' };
const phoneIn = (folder: string, more: object = {}) =>
  configOf(
    JSON.stringify({
      sources: {
        lisa: {
          uid: 1010,
          ingest: { folder: join(folder, 'in'), password_file: 'password', ...more },
          media: { to: join(folder, 'out') },
        },
      },
    }),
  );

/** In order but for nothing. */
const makePhone = (folder: string): void => {
  mkdirSync(join(folder, 'in/.stfolder'), { recursive: true });
  mkdirSync(join(folder, 'out'));
  for (const secret of ['password', 'key']) writeFileSync(join(folder, secret), 'hunter2\n', { mode: 0o600 });
};

test('a phone that has all it needs is not spoken of', async () => {
  await using folder = await temporaryFolder();
  makePhone(folder.path('.'));
  const where = { mode: 'rootless', configDir: folder.path('.'), restic } as const;
  expect(phoneFindings(phoneIn(folder.path('.'), { syncthing }), where)).toEqual({ errors: [], warnings: [] });
});

test('a machine without restic is a warning that names the phones', async () => {
  await using folder = await temporaryFolder();
  makePhone(folder.path('.'));
  const where = { mode: 'rootless', configDir: folder.path('.'), restic: null } as const;
  expect(phoneFindings(phoneIn(folder.path('.'), { syncthing }), where)).toMatchObject({
    errors: [],
    warnings: [{ code: 'phone-restic-missing', message: expect.stringMatching(/backed up: lisa$/) }],
  });
  expect(phoneFindings(configOf('sources: {}'), where).warnings).toEqual([]);
});

test('secrets that are missing or open to others are named by their path, and never shown', async () => {
  await using folder = await temporaryFolder();
  const where = { mode: 'rootless', configDir: folder.path('.'), restic } as const;
  const config = phoneIn(folder.path('.'), {
    syncthing: { ...syncthing, url: 'https://nas', certificate_file: 'c.pem' },
  });
  const bare = phoneFindings(config, where);
  expect(bare.errors.map(({ code, name, message }) => [code, name, message])).toEqual([
    ['phone-secret', 'lisa', `lisa is not backed up: ${folder.path('password')} does not exist`],
    ['phone-secret', 'lisa', `lisa can not ask Syncthing: ${folder.path('key')} does not exist`],
    ['phone-secret', 'lisa', `lisa can not ask Syncthing: ${folder.path('c.pem')} does not exist`],
  ]);
  expect(bare.errors[0]?.remedy).toContain('install -m 600');
  makePhone(folder.path('.'));
  writeFileSync(folder.path('c.pem'), 'a certificate is no secret', { mode: 0o644 });
  chmodSync(folder.path('password'), 0o640);
  const open = phoneFindings(config, where);
  expect(open).toMatchObject({ errors: [], warnings: [{ code: 'secret-open', name: folder.path('password') }] });
  expect(JSON.stringify(open)).not.toContain('hunter2');
});

test('a folder that is not there, or not what Syncthing has, is a warning with what to do', async () => {
  await using folder = await temporaryFolder();
  makePhone(folder.path('.'));
  const codes = (config: ReturnType<typeof phoneIn>, mode: 'rootless' | 'container' = 'rootless') =>
    phoneFindings(config, { mode, configDir: folder.path('.'), restic }).warnings.map(({ code }) => code);
  const elsewhere = phoneIn(folder.path('elsewhere'));
  expect(codes(elsewhere)).toEqual(['phone-folder-missing', 'phone-folder-missing']);
  // Inside, only the mounts count, and there are none of a phone that was added since.
  expect(codes(phoneIn(folder.path('.')), 'container')).toEqual(['phone-folder-missing', 'phone-folder-missing']);

  const empty = { folder: folder.path('empty') };
  mkdirSync(empty.folder);
  expect(codes(phoneIn(folder.path('.'), empty))).toEqual(['phone-folder-strange']);
  writeFileSync(join(empty.folder, 'photo.jpg'), '');
  expect(codes(phoneIn(folder.path('.'), empty))).toEqual([]);
  expect(codes(phoneIn(folder.path('.'), { ...empty, syncthing }))).toEqual(['phone-folder-strange']);
});

test.runIf(process.getuid?.() === 0)(
  "a folder that the phone's UID may not read is one, and its group opens it",
  async () => {
    await using folder = await temporaryFolder();
    makePhone(folder.path('.'));
    chmodSync(folder.path('.'), 0o711);
    chmodSync(folder.path('in'), 0o750);
    const where = { mode: 'private', configDir: folder.path('.'), restic } as const;
    expect(phoneFindings(phoneIn(folder.path('.')), where).warnings).toMatchObject([
      { code: 'phone-folder-unreadable', message: expect.stringContaining('UID 1010 may not read') },
    ]);
    chownSync(folder.path('in'), 0, 1999);
    expect(phoneFindings(phoneIn(folder.path('.'), { group: 1999 }), where).warnings).toEqual([]);
    expect(process.geteuid?.()).toBe(0);
  },
);
