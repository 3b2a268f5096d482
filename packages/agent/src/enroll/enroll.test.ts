import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startFakeServer } from '../server/testing.ts';
import type { Conversation } from './conversation.ts';
import { ensureKey, ensurePassword } from './credentials.ts';
import { pinHostKey } from './host-key.ts';
import { sourceLine, suggestUid } from './source-lines.ts';
import { waitUntilLetIn } from './wait.ts';
import { writeNew } from './write-new.ts';

const temporary = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), "enrol it's-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

/** A person who gives one answer, or a program without one. */
const someone = (answer: string | null): Conversation & { readonly heard: string[] } => {
  const heard: string[] = [];
  return {
    heard,
    say: (text) => heard.push(text),
    progress: (text) => heard.push(text),
    ask: async (question) => {
      heard.push(question);
      return answer;
    },
  };
};

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test('key and password are made once, private whatever the umask, and kept by every later call', async () => {
  await using directory = await temporary();
  const home = join(directory.path, 'home', 'berth');
  const before = process.umask(0);
  try {
    const key = await ensureKey(join(home, 'id_ed25519'), 'berth@laptop');
    expect(key.made).toBe(true);
    expect(await ensurePassword(join(home, 'password'))).toBe(true);
    const files = await Promise.all(
      ['id_ed25519', 'password', 'id_ed25519.pub'].map((name) => readFile(join(home, name), 'utf8')),
    );
    expect(await Promise.all([home, join(home, 'id_ed25519'), join(home, 'password')].map(mode))).toEqual([
      '700',
      '600',
      '600',
    ]);
    expect(await ensureKey(join(home, 'id_ed25519'), 'other')).toEqual({ ...key, made: false });
    expect(await ensurePassword(join(home, 'password'))).toBe(false);
    expect(
      await Promise.all(['id_ed25519', 'password', 'id_ed25519.pub'].map((name) => readFile(join(home, name), 'utf8'))),
    ).toEqual(files);
    expect((await readdir(home)).toSorted()).toEqual(['id_ed25519', 'id_ed25519.pub', 'password']);
  } finally {
    process.umask(before);
  }
});

test('the key is ed25519 in OpenSSH form without a passphrase, the password has 256 bits', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'id_ed25519');
  const { publicKey } = await ensureKey(path, 'berth@laptop');
  expect(publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]{68} berth@laptop$/);
  expect((await execa('ssh-keygen', ['-y', '-P', '', '-f', path])).stdout).toBe(publicKey);
  await ensurePassword(join(directory.path, 'password'));
  const password = (await readFile(join(directory.path, 'password'), 'utf8')).trim();
  expect(Buffer.from(password, 'base64url')).toHaveLength(32);
});

test('what is no usable key is neither used nor replaced', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'id_ed25519');
  await writeFile(path, 'not a key', { mode: 0o600 });
  await expect(ensureKey(path, 'x')).rejects.toMatchObject({ code: 'key-unusable' });
  await rm(path);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', path]);
  await expect(ensureKey(path, 'x')).rejects.toMatchObject({ code: 'key-unusable' });
  await writeFile(join(directory.path, 'password'), '\n');
  await expect(ensurePassword(join(directory.path, 'password'))).rejects.toMatchObject({ code: 'password-empty' });
});

test('of many who write one new file at once, one wins and nothing else is left', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'file');
  const written = await Promise.all(Array.from({ length: 20 }, (_, index) => writeNew(path, `${index}`, 0o600)));
  expect(written.filter(Boolean)).toHaveLength(1);
  expect(await readFile(path, 'utf8')).toBe(`${written.indexOf(true)}`);
  expect(await readdir(directory.path)).toEqual(['file']);
});

test('a confirmed host key is pinned, and a second enrolment asks nothing', async () => {
  await using directory = await temporary();
  await using server = await startFakeServer({});
  const person = someone('yes');
  const args = { ...server, knownHosts: join(directory.path, 'known_hosts'), keyFile: 'k', expected: null };
  expect(await pinHostKey({ ...args, conversation: person })).toEqual([server.hostKey]);
  expect(person.heard.join()).toContain(server.hostKey.fingerprint);
  const again = someone(null);
  expect(await pinHostKey({ ...args, conversation: again })).toEqual([server.hostKey]);
  expect(again.heard).toEqual([]);
});

test.for(['no', '', 'y', 'SHA256:AAAA', null])('the answer %j pins nothing', async (answer) => {
  await using directory = await temporary();
  await using server = await startFakeServer({});
  const knownHosts = join(directory.path, 'known_hosts');
  const pinning = pinHostKey({ ...server, knownHosts, keyFile: 'k', expected: null, conversation: someone(answer) });
  await expect(pinning).rejects.toMatchObject({ code: 'host-key-unconfirmed' });
  expect(await readdir(directory.path)).toEqual([]);
});

test('an expected fingerprint is pinned without asking, another one is refused', async () => {
  await using directory = await temporary();
  await using server = await startFakeServer({});
  const args = {
    ...server,
    knownHosts: join(directory.path, 'known_hosts'),
    keyFile: 'k',
    conversation: someone(null),
  };
  const wrong = `SHA256:${'A'.repeat(43)}`;
  await expect(pinHostKey({ ...args, expected: wrong })).rejects.toMatchObject({ code: 'host-key-changed' });
  expect(await readdir(directory.path)).toEqual([]);
  expect(await pinHostKey({ ...args, expected: server.hostKey.fingerprint })).toEqual([server.hostKey]);
  await using other = await startFakeServer({});
  await expect(pinHostKey({ ...args, ...other, expected: null })).rejects.toMatchObject({ code: 'host-key-changed' });
});

test('the wait ends when the server lets the key in, or when its time is over', async () => {
  await using server = await startFakeServer({ admitted: false });
  const args = {
    ...server,
    pins: [server.hostKey],
    privateKey: server.clientKey,
    knownHosts: 'h',
    keyFile: 'k',
    conversation: someone(null),
    signal: new AbortController().signal,
  };
  expect(await waitUntilLetIn({ ...args, knocks: 0, timeoutMs: 0 })).toBe('not-yet');
  setTimeout(server.admit, 1_200);
  expect(await waitUntilLetIn({ ...args, knocks: 1, timeoutMs: 8_000 })).toBe('let-in');
  expect(server.attempts()).toBeLessThan(6);
});

test('a wait that follows a refusal pauses before it knocks again', async () => {
  await using server = await startFakeServer({ admitted: false });
  const person = someone(null);
  const args = {
    ...server,
    pins: [server.hostKey],
    privateKey: server.clientKey,
    knownHosts: 'h',
    keyFile: 'k',
    conversation: person,
    signal: new AbortController().signal,
  };
  expect(await waitUntilLetIn({ ...args, knocks: 1, timeoutMs: 900 })).toBe('not-yet');
  expect(server.attempts()).toBe(0);
  server.admit();
  const started = performance.now();
  expect(await waitUntilLetIn({ ...args, knocks: 1, timeoutMs: 8_000 })).toBe('let-in');
  expect(performance.now() - started).toBeGreaterThan(950);
  expect(person.heard).toEqual([expect.stringContaining('does not know the key yet')]);
});

test.for(['laptop', 'HOSTNAME', 'on', 'null', '1and1', 'a.b-c', 'Yes'])(
  'the line for %s is what sources.yaml wants',
  (name) => {
    const line = sourceLine(name, 'ssh-ed25519 AAAA berth@x');
    expect(parse(`sources:\n${line}\n`)).toEqual({
      sources: { [name]: { uid: suggestUid(name), key: 'ssh-ed25519 AAAA berth@x' } },
    });
    expect(parse(`sources:\n${line}\n`, { version: '1.1' })).toEqual({
      sources: { [name]: { uid: suggestUid(name), key: 'ssh-ed25519 AAAA berth@x' } },
    });
  },
);

test('hinted UIDs stay in their range and do not change', () => {
  expect(suggestUid('laptop')).toBe(suggestUid('LAPTOP'));
  for (let index = 0; index < 1_000; index += 1) {
    expect(suggestUid(`host-${index}`)).toBeGreaterThanOrEqual(20_000);
    expect(suggestUid(`host-${index}`)).toBeLessThan(60_000);
  }
});
