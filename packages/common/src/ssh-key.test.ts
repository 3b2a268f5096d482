import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdsPrivateKey, parsePublicKey } from './ssh-key.ts';
import { randomRuns } from './testing/random-runs.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-key-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keygen = (...args: readonly string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8' });

const makeKey = (name: string, ...args: readonly string[]): string => {
  const file = join(folder, name);
  keygen('-q', '-N', '', '-C', 'somebody@laptop', '-f', file, ...args);
  return readFileSync(`${file}.pub`, 'utf8');
};

/** What ssh-keygen makes of a line: bits, fingerprint, comment. It is the judge. */
const listed = (line: string): readonly [number, string] => {
  const file = join(folder, 'listed.pub');
  writeFileSync(file, line);
  const [bits = '', fingerprint = ''] = keygen('-l', '-f', file).split(' ');
  return [Number(bits), fingerprint];
};

const field = (content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const lineOf = (type: string, ...fields: readonly (Buffer | string)[]): string =>
  `${type} ${Buffer.concat([field(type), ...fields.map(field)]).toString('base64')}`;

const answer = (text: string): string => {
  const parsed = parsePublicKey(text);
  return parsed.ok ? 'accepted' : `${parsed.code}: ${parsed.message}`;
};

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');

describe('a public key', () => {
  test.each([
    ['ed25519', '-t', 'ed25519'],
    ['ecdsa-256', '-t', 'ecdsa', '-b', '256'],
    ['ecdsa-384', '-t', 'ecdsa', '-b', '384'],
    ['ecdsa-521', '-t', 'ecdsa', '-b', '521'],
    ['rsa-3072', '-t', 'rsa', '-b', '3072'],
  ])('%s has the fingerprint and the bits that ssh-keygen prints', (name, ...args) => {
    const line = makeKey(name, ...args);
    const parsed = parsePublicKey(line);
    const [bits, fingerprint] = listed(line);
    expect(parsed).toEqual({
      ok: true,
      value: { type: line.split(' ')[0], blob: line.split(' ')[1], comment: 'somebody@laptop', fingerprint, bits },
    });
  });

  test('the FIDO forms, which ssh2 can not read, are read as ssh-keygen reads them', () => {
    const point = blobOf(makeKey('for-sk', '-t', 'ed25519')).subarray(-32);
    const curvePoint = blobOf(makeKey('for-sk-ec', '-t', 'ecdsa', '-b', '256')).subarray(-65);
    const lines = [
      lineOf('sk-ssh-ed25519@openssh.com', point, 'ssh:'),
      lineOf('sk-ecdsa-sha2-nistp256@openssh.com', 'nistp256', curvePoint, 'ssh:'),
    ];
    for (const line of lines) {
      const parsed = parsePublicKey(`${line} token`);
      expect(parsed.ok && [parsed.value.bits, parsed.value.fingerprint]).toEqual(listed(`${line} token\n`));
    }
    expect(answer(lineOf('sk-ssh-ed25519@openssh.com', point))).toContain('key-form');
    expect(answer(lineOf('sk-ssh-ed25519@openssh.com', point, 'https://elsewhere.example'))).toContain('key-form');
  });

  test('the comment may be anything on the line, and may be missing', () => {
    const line = makeKey('comment', '-t', 'ed25519').split(' ').slice(0, 2).join(' ');
    for (const comment of ['', 'a', 'command="x" ssh-rsa AAAA', 'Büro, 2. Stock  #3']) {
      const parsed = parsePublicKey(`${line} ${comment}`.trimEnd());
      expect(parsed.ok && parsed.value.comment).toBe(comment);
    }
  });

  test('one newline at the end is that of a .pub file; anything else that ends a line is refused', () => {
    const line = makeKey('newline', '-t', 'ed25519').trimEnd();
    expect(answer(`${line}\n`)).toBe('accepted');
    expect(answer(`${line}\r\n`)).toBe('accepted');
    expect(answer(`${line}\n\n`)).toContain('key-newline');
    expect(answer(`\n${line}`)).toContain('key-newline');
    expect(answer(`${line}\rx`)).toContain('key-newline');
    expect(answer(line.replace(' ', '\n'))).toContain('key-newline');
    for (const odd of ['\0', '\t', '\v', '\f', '\u0085', '\u2028', '\u001b[2J']) {
      expect(answer(`${line}${odd}x`)).toContain('key-form');
    }
  });

  test('private keys are recognised in every form ssh-keygen writes', () => {
    for (const format of ['RFC4716', 'PEM', 'PKCS8']) {
      const file = join(folder, `private-${format}`);
      copyFileSync(join(folder, 'rsa-3072'), file);
      keygen('-q', '-p', '-P', '', '-N', '', '-m', format, '-f', file);
      expect(answer(readFileSync(file, 'utf8'))).toContain('private-key');
    }
    expect(holdsPrivateKey(readFileSync(join(folder, 'ed25519'), 'utf8'))).toBe(true);
    expect(answer(readFileSync(join(folder, 'ed25519'), 'utf8').replaceAll('\n', ' '))).toContain('private-key');
  });

  test('the other public forms are answered with the command that converts them', () => {
    const file = join(folder, 'rsa-3072.pub');
    for (const format of ['RFC4716', 'PKCS8', 'PEM']) {
      expect(answer(keygen('-e', '-m', format, '-f', file))).toMatch(/RFC 4716|PEM form/);
    }
  });

  test('RSA is let in from 3072 bits, by its modulus and not by its length', () => {
    const exponent = Buffer.from([1, 0, 1]);
    const modulus = (bits: number): Buffer => {
      const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xa5);
      bytes[0] = 1 << ((bits - 1) % 8);
      return (bits - 1) % 8 === 7 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
    };
    expect(answer(lineOf('ssh-rsa', exponent, modulus(3071)))).toContain('weak-key: this RSA key has 3071 bits');
    expect(answer(lineOf('ssh-rsa', exponent, modulus(3072)))).toBe('accepted');
    expect(answer(lineOf('ssh-rsa', exponent, modulus(16_384)))).toBe('accepted');
    expect(answer(lineOf('ssh-rsa', exponent, modulus(16_385)))).toContain('key-form');
    const padded = Buffer.concat([Buffer.alloc(200), modulus(2048)]);
    expect(answer(lineOf('ssh-rsa', exponent, padded))).toContain('key-form');
    expect(answer(lineOf('ssh-rsa', Buffer.from([1]), modulus(3072)))).toContain('key-form');
  });

  test('a key with one bit of its frame changed, a byte less or a byte more is refused', () => {
    for (const name of ['ed25519', 'ecdsa-256', 'ecdsa-521', 'rsa-3072']) {
      const line = readFileSync(join(folder, `${name}.pub`), 'utf8');
      const type = line.split(' ')[0] ?? '';
      const blob = blobOf(line);
      const spelled = (bytes: Buffer): string => `${type} ${bytes.toString('base64')}`;
      expect(answer(spelled(blob))).toBe('accepted');
      expect(answer(spelled(blob.subarray(0, -1)))).toContain('key-form');
      expect(answer(spelled(Buffer.concat([blob, Buffer.alloc(1)])))).toContain('key-form');
      expect(answer(spelled(Buffer.concat([blob, field('')])))).toContain('key-form');
      // The frame: the first length, the type, the length behind it.
      for (let bit = 0; bit < (4 + type.length + 4) * 8; bit += 1) {
        const changed = Buffer.from(blob);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(answer(spelled(changed)), `${name}, bit ${bit}`).not.toBe('accepted');
      }
    }
  });

  test('base64 that a lenient decoder would take is refused', () => {
    const [type = '', blob = ''] = readFileSync(join(folder, 'ed25519.pub'), 'utf8').split(' ');
    for (const other of [`${blob}====`, `${blob}A`, blob.slice(0, -1), `${blob}!`, blob.replaceAll(/[+/]/g, '-')]) {
      if (other !== blob) expect(answer(`${type} ${other}`)).toContain('key-form');
    }
  });

  test('whatever is accepted is one canonical line that ssh-keygen knows; whatever is not, is a refusal and no crash', () => {
    const valid = ['ed25519', 'ecdsa-256', 'rsa-3072'].map((name) =>
      readFileSync(join(folder, `${name}.pub`), 'utf8').trimEnd(),
    );
    const mutated = fc
      .tuple(fc.constantFrom(...valid), fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }), fc.nat(3))
      .map(([line, at, text, cut]) => {
        const index = at % (line.length + 1);
        return line.slice(0, index) + text + line.slice(index + cut);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ unit: 'binary' })), (text) => {
        const parsed = parsePublicKey(text);
        if (!parsed.ok) return;
        expect(`${parsed.value.type} ${parsed.value.blob}`).toMatch(/^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$/);
        expect(parsed.value.comment).not.toMatch(/[\r\n\0]/);
      }),
      randomRuns({ everyday: 500, long: 2000 }),
    );
  });
});
