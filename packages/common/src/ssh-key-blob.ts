import { createPublicKey } from 'node:crypto';
import { accepted, type Parsed, type Refused, refused } from './parsed.ts';

/**
 * Reads the inside of a public key (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH's PROTOCOL.u2f) to its last byte
 * and gives its size in bits. ssh2 stops at the end of the key and ignores what follows, and it knows no FIDO keys.
 */
export const readKeyBlob = (type: string, blob: Buffer): Parsed<number> => {
  const [inner, ...fields] = splitStrings(blob) ?? [];
  if (inner === undefined) return damaged('its parts do not fit together, so it was cut or changed');
  const innerType = inner.toString('latin1');
  if (innerType !== type) {
    return /^[a-z0-9@.-]+$/.test(innerType)
      ? refused(
          'key-form',
          `the line says ${type} but the key says ${innerType}`,
          'Copy the whole line of the .pub file again.',
        )
      : damaged('it does not begin with its type');
  }
  switch (type) {
    case 'ssh-ed25519':
      return fields.length === 1 ? ed25519(fields[0]) : wrongParts;
    case 'sk-ssh-ed25519@openssh.com':
      return fields.length === 2 && isApplication(fields[1]) ? ed25519(fields[0]) : wrongParts;
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return fields.length === 3 && isApplication(fields[2]) ? ecdsa('nistp256', fields[0], fields[1]) : wrongParts;
    case 'ssh-rsa':
      return fields.length === 2 ? rsa(fields[0], fields[1]) : wrongParts;
    default:
      return fields.length === 2 ? ecdsa(type.replace('ecdsa-sha2-', ''), fields[0], fields[1]) : wrongParts;
  }
};

const damaged = (why: string): Refused =>
  refused('key-form', `the key is damaged: ${why}`, 'Copy the whole line of the .pub file again.');

const wrongParts = damaged('it has not the parts its type has, or goes on behind them');

/** The length-prefixed strings a blob consists of, or null when they do not fill it exactly. */
const splitStrings = (blob: Buffer): readonly Buffer[] | null => {
  const strings: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (blob.length - at < 4) return null;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length || strings.length === 4) return null;
    strings.push(blob.subarray(at + 4, end));
    at = end;
  }
  return strings;
};

const ed25519 = (point: Buffer | undefined): Parsed<number> => {
  if (point?.length !== 32) return damaged('an ed25519 key has 32 bytes');
  const positive = Buffer.from(point);
  positive[31] = (positive[31] ?? 0) & 0x7f;
  if (smallOrder.has(positive.toString('hex'))) {
    return refused(
      'weak-key',
      'this is a placeholder, not a key: anybody could sign for it',
      'Write what the .pub file holds.',
    );
  }
  return accepted(256);
};

/** The points of small order, for which signatures can be made without a private key (as libsodium lists them). */
const smallOrder: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

const curves: Readonly<Record<string, { readonly bits: number; readonly jwk: string }>> = {
  nistp256: { bits: 256, jwk: 'P-256' },
  nistp384: { bits: 384, jwk: 'P-384' },
  nistp521: { bits: 521, jwk: 'P-521' },
};

const ecdsa = (expected: string, name: Buffer | undefined, point: Buffer | undefined): Parsed<number> => {
  const curve = curves[expected];
  if (curve === undefined || name?.toString('latin1') !== expected) return damaged('it names another curve');
  const length = Math.ceil(curve.bits / 8);
  if (point === undefined || point.length !== 1 + 2 * length || point[0] !== 4) {
    return damaged('its point is not an uncompressed one of its curve');
  }
  const x = point.subarray(1, 1 + length).toString('base64url');
  const y = point.subarray(1 + length).toString('base64url');
  try {
    // OpenSSL checks that the point is on the curve.
    createPublicKey({ key: { kty: 'EC', crv: curve.jwk, x, y }, format: 'jwk' });
  } catch {
    return damaged('its point is not on its curve');
  }
  return accepted(curve.bits);
};

/** OpenSSH's SSHBUF_MAX_BIGNUM: it reads no larger numbers. */
const largestRsaBits = 16_384;

const rsa = (exponent: Buffer | undefined, modulus: Buffer | undefined): Parsed<number> => {
  const exponentBits = bitsOf(exponent);
  const bits = bitsOf(modulus);
  if (exponentBits === null || bits === null || exponent?.at(-1) === undefined || modulus?.at(-1) === undefined) {
    return damaged('its numbers are not in the shortest form');
  }
  if (bits < 3072) {
    const remedy = 'Make an ed25519 key with ssh-keygen -t ed25519, or RSA with ssh-keygen -t rsa -b 3072.';
    return refused('weak-key', `this RSA key has ${bits} bits; the least is 3072`, remedy);
  }
  if (bits > largestRsaBits) {
    return refused(
      'key-form',
      `this RSA key has ${bits} bits; OpenSSH reads at most ${largestRsaBits}`,
      'Make an ed25519 key with ssh-keygen -t ed25519.',
    );
  }
  const odd = (number: Buffer): boolean => ((number.at(-1) ?? 0) & 1) === 1;
  if (exponentBits < 2 || exponentBits > 64 || !odd(exponent) || !odd(modulus))
    return damaged('its numbers make no RSA key');
  return accepted(bits);
};

/** The size of an mpint (RFC 4251 §5) that is positive and in its only valid form; null for any other. */
const bitsOf = (number: Buffer | undefined): number | null => {
  const [first, second = 0] = number ?? [];
  if (number === undefined || first === undefined || first >= 0x80) return null;
  if (first === 0) return second >= 0x80 ? (number.length - 1) * 8 : null;
  return (number.length - 1) * 8 + (32 - Math.clz32(first));
};

/** A FIDO application: `ssh:` and what the person chose at `-O application=`, as OpenSSH demands. */
const isApplication = (application: Buffer | undefined): boolean =>
  application !== undefined && /^ssh:[\x20-\x7e]*$/.test(application.toString('latin1'));
