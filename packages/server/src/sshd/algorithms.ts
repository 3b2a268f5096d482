import { readFile } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';

/** The algorithms an sshd is allowed to use, best first. */
export interface Algorithms {
  readonly kex: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  readonly publicKeys: readonly string[];
}

/**
 * What we would offer if every OpenSSH knew it. Key exchange: the post-quantum hybrids first, since what is recorded
 * today can be read by tomorrow's machines; then X25519; no NIST curve and no finite-field group, which no supported
 * restic machine needs. Ciphers: authenticated ones, and CTR only with encrypt-then-MAC for clients that have nothing
 * better.
 */
const wanted: Algorithms = {
  kex: [
    'mlkem768x25519-sha256',
    'sntrup761x25519-sha512',
    'sntrup761x25519-sha512@openssh.com',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
  ],
  ciphers: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes256-ctr',
    'aes128-ctr',
  ],
  macs: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'umac-128-etm@openssh.com'],
  publicKeys: [
    'ssh-ed25519',
    'sk-ssh-ed25519@openssh.com',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'sk-ecdsa-sha2-nistp256@openssh.com',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
};

/**
 * The wanted algorithms that this OpenSSH knows, so one list serves 9.2 and 10. Without AES instructions ChaCha20 goes
 * first. Between two SSH programs the client's order decides (RFC 4253, section 7.1), so ours is a statement: an agent
 * that wants the fast cipher has to put it first on its own side.
 */
export const chooseAlgorithms = (supported: Algorithms, hasAes: boolean): Algorithms => {
  const ciphers = hasAes ? wanted.ciphers : [...wanted.ciphers].sort((a, b) => rank(a) - rank(b));
  return {
    kex: known(wanted.kex, supported.kex, 'key exchange'),
    ciphers: known(ciphers, supported.ciphers, 'cipher'),
    macs: known(wanted.macs, supported.macs, 'MAC'),
    publicKeys: known(wanted.publicKeys, supported.publicKeys, 'public key'),
  };
};

/** Asks the installed OpenSSH. */
export const supportedAlgorithms = async (): Promise<Algorithms> => {
  const [kex, ciphers, macs, publicKeys] = await Promise.all(['kex', 'cipher', 'mac', 'key-sig'].map(query));
  return { kex: kex ?? [], ciphers: ciphers ?? [], macs: macs ?? [], publicKeys: publicKeys ?? [] };
};

/** True when the processor has AES instructions: x86 calls the flag `aes`, 64-bit ARM lists it under Features. */
export const processorHasAes = async (): Promise<boolean> =>
  /^(?:flags|Features)\s*:.*\baes\b/m.test(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''));

const rank = (cipher: string): number => (cipher.startsWith('chacha20') ? 0 : 1);

const known = (ours: readonly string[], theirs: readonly string[], kind: string): readonly string[] => {
  const both = ours.filter((name) => theirs.includes(name));
  if (both.length > 0) return both;
  throw new Problem(
    'openssh-too-old',
    `The installed OpenSSH knows no modern ${kind} algorithm.`,
    'Install OpenSSH 8.9 or newer.',
  );
};

const query = async (what: string): Promise<readonly string[]> => {
  const { stdout, failed, cause } = await execa('ssh', ['-Q', what], { reject: false, timeout: 10_000 });
  if (!failed) return stdout.split('\n');
  throw new Problem(
    'openssh-missing',
    `ssh -Q ${what} failed on this machine.`,
    'Install OpenSSH: apt-get install openssh-server openssh-client',
    { cause },
  );
};
