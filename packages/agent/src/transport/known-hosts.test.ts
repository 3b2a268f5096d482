import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { hostKeyAlgorithms, hostKeyFromWire, knownHostsLine, parsePins, readPins } from './known-hosts.ts';

const withKeys = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'pins-'));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

test('OpenSSH finds the line we write, and prints the fingerprint we computed', () =>
  withKeys(async (directory) => {
    const hosts = [
      { host: 'nas.lan', port: 2222, user: 'x', lookup: '[nas.lan]:2222' },
      { host: 'nas.lan', port: 22, user: 'x', lookup: 'nas.lan' },
      { host: 'fd00::5', port: 2222, user: 'x', lookup: '[fd00::5]:2222' },
    ];
    for (const [index, type] of (['ed25519', 'ecdsa', 'rsa'] as const).entries()) {
      const file = join(directory, type);
      await execa('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
      const [, blob = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ');
      const key = hostKeyFromWire(Buffer.from(blob, 'base64'));
      expect((await execa('ssh-keygen', ['-l', '-f', `${file}.pub`])).stdout).toContain(` ${key.fingerprint} `);
      const destination = hosts[index] ?? { host: 'nas.lan', port: 2222, user: 'x', lookup: '' };
      const knownHosts = join(directory, `known_hosts ${index}`);
      await writeFile(knownHosts, `# a comment\n\n${knownHostsLine(destination, key)}\n`);
      expect((await execa('ssh-keygen', ['-F', destination.lookup, '-f', knownHosts])).stdout).toContain(blob);
      expect(await readPins(knownHosts)).toEqual([key]);
    }
  }));

test('what is no plain pin pins nothing', () => {
  const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAIHBRm2TTy6yKMITwt6ej7ctwg/noOxiOgTl+jQbvz7iD';
  expect(parsePins(`h ssh-ed25519 ${blob}`)).toHaveLength(1);
  for (const line of [
    `@revoked h ssh-ed25519 ${blob}`,
    `@cert-authority * ssh-ed25519 ${blob}`,
    `# h ssh-ed25519 ${blob}`,
    `#h ssh-ed25519 ${blob}`,
    `h ssh-rsa ${blob}`,
    `h ssh-ed25519 ${blob}!`,
    'h ssh-ed25519',
    'h ssh-dss AAAAB3NzaC1kc3MAAAAA',
    '\u0000\u0001',
  ]) {
    expect(parsePins(line), line).toEqual([]);
  }
});

test('a missing file is no pins, an unreadable one is an error', async () => {
  expect(await readPins('/nonexistent/known_hosts')).toEqual([]);
  await expect(readPins('/')).rejects.toThrow();
});

test('an RSA pin never asks for SHA-1', () => {
  const pin = (type: string) => ({ type, blob: '', fingerprint: '' });
  expect(hostKeyAlgorithms([pin('ssh-rsa'), pin('ssh-ed25519'), pin('ssh-ed25519')])).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-ed25519',
  ]);
});
