import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Fingerprint } from './brand.ts';
import { accepted, type Parsed, quoted, type Refused, refused } from './parsed.ts';
import { readKeyBlob } from './ssh-key-blob.ts';

/** An SSH public key that may be let in. `authorized_keys` is written from `type` and `blob`, never from the text. */
export interface PublicKey {
  /** Such as `ssh-ed25519`; the same as inside the blob. */
  readonly type: string;
  /** Canonical base64. */
  readonly blob: string;
  /** Whatever stood behind the key, usually `user@host`; may be empty. One line, no control characters. */
  readonly comment: string;
  /** What `ssh-keygen -l` prints. */
  readonly fingerprint: Fingerprint;
  /** What `ssh-keygen -l` prints: 256 for ed25519, the curve's size, RSA's modulus. */
  readonly bits: number;
}

/**
 * Reads one public key as a `.pub` file holds it: `type base64 [comment]` on one line, nothing in front. Allowed are
 * ed25519, ecdsa on the three NIST curves, the FIDO (`sk-`) forms of both, and RSA from 3072 bits. Refused with what to
 * do instead: private keys, DSA, short RSA, certificates, options, several lines, a blob that says another type or goes
 * on behind its key. Never throws, and no message quotes the text, because it may be a secret.
 */
export const parsePublicKey = (text: string): Parsed<PublicKey> => {
  const line = text.replace(/\r?\n$/, '').replace(/^ +| +$/g, '');
  return foreignFormat(text) ?? brokenLine(line) ?? parseLine(line);
};

/** True when a text holds a private key in any of the forms OpenSSH and PuTTY write, however it is wrapped. */
export const holdsPrivateKey = (text: string): boolean => privateKeyHeader.test(text) || privateKeyBody.test(text);

/** What OpenSSH, OpenSSL and PuTTY write as the first line of a private key. */
export const privateKeyHeader = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File-/;

/** "openssh-key-v1" in base64: how the inside of OpenSSH's private keys begins, which nobody writes as an explanation. */
export const privateKeyBody = /b3BlbnNzaC1rZXktdjE/;

/** The answer to a private key anywhere in a config file. */
export const privateKeyFound: Refused = refused(
  'private-key',
  'this is a private key',
  'Treat it as stolen: make a new pair with ssh-keygen -t ed25519, and write what the new .pub file holds.',
);

const allowedTypes: readonly string[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
  'ssh-rsa',
];

const newKey = 'Make one with ssh-keygen -t ed25519, and write what its .pub file holds.';
const lineForm = "Write what the .pub file holds, on one line: 'ssh-ed25519 AAAA… comment'.";

/** Other programs' ways to write a key, recognised so that the answer names the command that converts them. */
const foreignFormat = (text: string): Refused | null => {
  if (holdsPrivateKey(text)) return privateKeyFound;
  if (text.includes('---- BEGIN SSH2 PUBLIC KEY')) {
    return refused('key-form', 'this key is in the RFC 4716 form', 'Convert it with ssh-keygen -i -f FILE.');
  }
  if (/-----BEGIN (RSA )?PUBLIC KEY/.test(text)) {
    return refused('key-form', 'this key is in the PEM form', 'Convert it with ssh-keygen -i -m PKCS8 -f FILE.');
  }
  return null;
};

/** What can't be one line of `authorized_keys`. sshd reads such a file line by line: a newline would add a key. */
const brokenLine = (line: string): Refused | null => {
  if (line === '') return refused('key-form', 'the key is empty', lineForm);
  if (/[\r\n]/.test(line))
    return refused(
      'key-newline',
      'the key goes over several lines',
      `${lineForm} A second key is a second entry of keys: [ … ].`,
    );
  const odd = /[\p{Cc}\p{Cs}\u2028\u2029]/u.exec(line);
  if (odd !== null) return refused('key-form', `the key contains the character ${quoted(odd[0])}`, lineForm);
  return null;
};

const parseLine = (line: string): Parsed<PublicKey> => {
  const [, type = '', blob = '', comment = ''] = /^([^ ]+)(?: +([^ ]+)(?: +(.*))?)?$/.exec(line) ?? [];
  if (!allowedTypes.includes(type)) return refusedType(type, line);
  if (blob === '' || /^(…|\.\.\.)/.test(blob)) {
    return refused('key-form', `behind ${type} the key itself is missing`, lineForm);
  }
  const bytes = Buffer.from(blob, 'base64');
  if (bytes.toString('base64') !== blob) {
    return refused('key-form', 'the key was cut or changed: its second part is not whole base64', lineForm);
  }
  const inside = readKeyBlob(type, bytes);
  if (!inside.ok) return inside;
  return (
    disagreement(type, blob, bytes) ??
    accepted({ type, blob, comment, fingerprint: fingerprintOf(bytes), bits: inside.value })
  );
};

const refusedType = (type: string, line: string): Refused => {
  if (type === 'ssh-dss') return refused('weak-key', 'this is a DSA key, which OpenSSH no longer accepts', newKey);
  if (/-cert-v\d+@openssh\.com$/.test(type)) {
    return refused('key-form', 'this is a certificate, not a public key', 'Write the .pub file it was made from.');
  }
  const words = line.split(' ');
  const inner = words.findIndex((word) => allowedTypes.includes(word.replace(/^.*["',]/, '')) || word === 'ssh-dss');
  if (inner > 0 || /^[a-z-]+(=|,)/i.test(line)) {
    const remedy = 'Write only the type, the key and a comment; what a key may do is decided by the server.';
    return refused('key-options', 'something stands in front of the key (options, or a host name)', remedy);
  }
  if (/^AAAA[A-Za-z0-9+/=]+$/.test(type)) {
    return refused('key-form', 'the type in front of the key is missing', lineForm);
  }
  return refused('key-form', 'this is not an SSH public key', lineForm);
};

/** ssh2 as a second reader: a key on which two parsers disagree is not let in. It knows no sk- types. */
const disagreement = (type: string, blob: string, bytes: Buffer): Refused | null => {
  if (type.startsWith('sk-')) return null;
  const second = ssh2.utils.parseKey(`${type} ${blob}`);
  if (!(second instanceof Error) && second.type === type && second.getPublicSSH().equals(bytes)) return null;
  return refused('key-form', 'the key is damaged', lineForm);
};

const fingerprintOf = (bytes: Buffer): Fingerprint => {
  const text = `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
  if (!isFingerprint(text)) throw new Error('a SHA-256 digest has 43 characters of base64');
  return text;
};

/** True for a fingerprint as OpenSSH prints it. */
export const isFingerprint = (text: string): text is Fingerprint => /^SHA256:[A-Za-z0-9+/]{43}$/.test(text);
