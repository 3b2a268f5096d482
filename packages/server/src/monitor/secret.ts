import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { isErrno } from '@berth/common/errno.ts';
import { accepted, type Parsed, refused } from '@berth/common/parsed.ts';

/** What reading a secret's file gave: its first bytes, at most one more than `secretLimitBytes`, or why there are none. */
export type SecretFile =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly mode: number }
  | { readonly kind: 'missing' | 'not-a-file' | 'forbidden' }
  | { readonly kind: 'failed'; readonly why: string };

/** Reads the file at an absolute path. Never throws, and never waits for a pipe. */
export type ReadSecret = (path: string) => SecretFile;

/** No token is longer, and no secret makes the monitor's input so large that it has to be cut. */
export const secretLimitBytes = 64 * 1024;

/** From the disk. */
export const readSecretFile: ReadSecret = (path) => {
  try {
    // Without O_NONBLOCK opening a pipe waits for its writer.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const status = fstatSync(file);
      if (!status.isFile()) return { kind: 'not-a-file' };
      const buffer = Buffer.alloc(secretLimitBytes + 1);
      let length = 0;
      while (length < buffer.length) {
        const count = readSync(file, buffer, length, buffer.length - length, length);
        if (count === 0) break;
        length += count;
      }
      return { kind: 'read', bytes: buffer.subarray(0, length), mode: status.mode };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return { kind: 'missing' };
    if (isErrno(error, 'EACCES', 'EPERM')) return { kind: 'forbidden' };
    if (isErrno(error, 'EISDIR', 'ENXIO')) return { kind: 'not-a-file' };
    if (error instanceof Error && 'code' in error) return { kind: 'failed', why: String(error.code) };
    throw error;
  }
};

/** The secret that a file holds: its first line without the space around it. What is wrong never quotes it. */
export const secretOf = (path: string, file: SecretFile): Parsed<string> => {
  if (file.kind !== 'read') return absent(path, file);
  if (file.bytes.length > secretLimitBytes) {
    return refused(
      'secret-too-large',
      `${path} is larger than 64 KiB`,
      `Write the secret alone into ${path}: one line.`,
    );
  }
  const text = decoded(file.bytes);
  if (text === null || /[^\P{C}\n\r\t]|[\p{Zl}\p{Zp}]/u.test(text)) {
    return refused('secret-binary', `${path} is not text`, `Write the secret alone into ${path}: one line of UTF-8.`);
  }
  const secret = (text.split(/\r?\n|\r/, 1)[0] ?? '').trim();
  if (secret !== '') return accepted(secret);
  return text.trim() === ''
    ? refused('secret-empty', `${path} is empty`, `Write the secret into it: one line.`)
    : refused('secret-empty', `the first line of ${path} is empty`, 'Write the secret on its first line.');
};

const absent = (path: string, file: Exclude<SecretFile, { readonly kind: 'read' }>): Parsed<never> => {
  switch (file.kind) {
    case 'missing':
      return refused(
        'secret-missing',
        `${path} does not exist`,
        `Write the secret into it, one line: install -m 600 /dev/stdin ${path}`,
      );
    case 'not-a-file':
      return refused('secret-not-a-file', `${path} is not a file`, 'Name a file that holds the secret, one line.');
    case 'forbidden':
      return refused(
        'secret-forbidden',
        `${path} may not be read by this user`,
        `Run ls -l ${path} and give the server's user the right to read it.`,
      );
    case 'failed':
      return refused('secret-unreadable', `${path} could not be read: ${file.why}`, 'Check the disk and the folder.');
  }
};

const decoded = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
};
