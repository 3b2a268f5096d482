import { readFile } from 'node:fs/promises';

const aesGcm = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'] as const;
const chacha20 = ['chacha20-poly1305@openssh.com'] as const;

/** A cipher both OpenSSH and ssh2 speak, and that authenticates what it encrypts. */
export type Cipher = (typeof aesGcm)[number] | (typeof chacha20)[number];

/** The ciphers we accept, fastest first: AES-GCM where the processor has AES instructions, else ChaCha20 (a Raspberry Pi before the 5). */
export const ciphers = async (platform: NodeJS.Platform, cpuinfo = '/proc/cpuinfo'): Promise<readonly Cipher[]> =>
  (await hasAes(platform, cpuinfo)) ? [...aesGcm, ...chacha20] : [...chacha20, ...aesGcm];

const hasAes = async (platform: NodeJS.Platform, cpuinfo: string): Promise<boolean> => {
  // Every Mac and every PC that runs a current Windows has AES instructions; only Linux runs on what lacks them.
  if (platform !== 'linux') return true;
  try {
    return /^(?:flags|Features)\s*:.*\baes\b/m.test(await readFile(cpuinfo, 'utf8'));
  } catch {
    return false;
  }
};
