import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseAlgorithms } from './algorithms.ts';
import { optionalSettings, type SshdSettings, sshdConfig } from './config.ts';

const bookworm = {
  kex: ['diffie-hellman-group14-sha1', 'curve25519-sha256', 'sntrup761x25519-sha512@openssh.com'],
  ciphers: [
    '3des-cbc',
    'aes128-ctr',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
  ],
  macs: ['hmac-md5', 'hmac-sha2-256-etm@openssh.com'],
  publicKeys: ['ssh-ed25519', 'ssh-dss', 'ssh-rsa', 'rsa-sha2-512'],
};
const trixie = { ...bookworm, kex: [...bookworm.kex, 'mlkem768x25519-sha256', 'sntrup761x25519-sha512'] };

const settings: SshdSettings = {
  address: null,
  port: 2222,
  hostKey: '/etc/berth/host-keys/ssh_host_ed25519_key',
  authorizedKeysFile: '/run/berth/keys/%u',
  sftpRoot: '/run/berth/data/sources/%u/sftp',
  onlyAccount: null,
  algorithms: chooseAlgorithms(bookworm, true),
  optional: optionalSettings,
};

describe("sshd's configuration", () => {
  test('is, word for word, the one that was reviewed', () => {
    const golden = readFileSync(join(import.meta.dirname, 'fixtures/sshd_config'), 'utf8');
    expect(sshdConfig(settings)).toBe(golden);
  });

  test('names the one account, and why, where one UID serves all', () => {
    const text = sshdConfig({ ...settings, sftpRoot: null, onlyAccount: 'me', address: '::1' });
    expect(text).not.toContain('sftp');
    expect(text).toContain('StrictModes no\nAllowUsers "me"\n');
    expect(text).toContain('ListenAddress [::1]:2222\n');
  });

  test('can not be given a second line through a path', () => {
    expect(() => sshdConfig({ ...settings, hostKey: '/a\nPermitRootLogin yes' })).toThrow('can not hold');
    expect(() => sshdConfig({ ...settings, hostKey: '/a"b' })).toThrow('can not hold');
  });
});

describe('the algorithms', () => {
  test('are the modern ones this OpenSSH knows, post-quantum key exchange first', () => {
    expect(chooseAlgorithms(bookworm, true).kex).toEqual(['sntrup761x25519-sha512@openssh.com', 'curve25519-sha256']);
    expect(chooseAlgorithms(trixie, true).kex[0]).toBe('mlkem768x25519-sha256');
    expect(chooseAlgorithms(bookworm, true).publicKeys).toEqual(['ssh-ed25519', 'rsa-sha2-512']);
  });

  test('begin with AES-GCM where the processor has AES, else with ChaCha20', () => {
    expect(chooseAlgorithms(bookworm, true).ciphers[0]).toBe('aes128-gcm@openssh.com');
    expect(chooseAlgorithms(bookworm, false).ciphers[0]).toBe('chacha20-poly1305@openssh.com');
  });

  test('refuse an OpenSSH without any of them', () => {
    expect(() => chooseAlgorithms({ ...bookworm, kex: ['diffie-hellman-group1-sha1'] }, true)).toThrow('key exchange');
  });
});
