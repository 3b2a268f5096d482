/** A member of an archive. */
export interface TarMember {
  readonly name: string;
  readonly bytes: number;
  /** `0` is a file, `5` a folder; see ustar. */
  readonly type: string;
}

/** What reads an archive as it passes. */
export interface TarReader {
  /** Throws when this is no archive. */
  readonly write: (chunk: Uint8Array) => void;
  /** After the last byte. Throws when the archive was cut: its end is two blocks of zeros. */
  readonly end: () => void;
}

const block = 512;

/**
 * Reads an archive in tar's format (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06, ustar) without keeping it:
 * `onMember` is told of each, and its bytes go to what that returns.
 */
export const tarReader = (onMember: (member: TarMember) => (chunk: Uint8Array) => void): TarReader => {
  let held: Uint8Array = new Uint8Array();
  let left = 0;
  let padding = 0;
  let zeros = 0;
  let give: (chunk: Uint8Array) => void = () => undefined;
  const header = (bytes: Uint8Array): void => {
    if (bytes.every((byte) => byte === 0)) {
      zeros += 1;
      return;
    }
    if (zeros > 0) throw new Error('something follows the end of the archive');
    const member = memberOf(bytes);
    left = member.bytes;
    padding = (block - (member.bytes % block)) % block;
    give = onMember(member);
  };
  return {
    write: (chunk) => {
      let rest = chunk;
      while (rest.length > 0) {
        if (zeros >= 2) {
          if (rest.some((byte) => byte !== 0)) throw new Error('something follows the end of the archive');
          return;
        }
        if (left > 0) {
          const part = rest.subarray(0, left);
          left -= part.length;
          rest = rest.subarray(part.length);
          give(part);
        } else if (padding > 0) {
          const skipped = Math.min(padding, rest.length);
          padding -= skipped;
          rest = rest.subarray(skipped);
        } else {
          const part = rest.subarray(0, block - held.length);
          rest = rest.subarray(part.length);
          held = held.length === 0 ? part : Buffer.concat([held, part]);
          if (held.length === block) {
            header(held);
            held = new Uint8Array();
          }
        }
      }
    },
    end: () => {
      if (left > 0 || padding > 0 || held.length > 0 || zeros < 2) throw new Error('the archive was cut');
    },
  };
};

const memberOf = (header: Uint8Array): TarMember => {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (Number.parseInt(text(header, 148, 8).trim(), 8) !== sum) throw new Error('this is no archive');
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  const name = text(header, 0, 100);
  const type = text(header, 156, 1) || '0';
  return { name: prefix === '' ? name : `${prefix}/${name}`, bytes: sizeOf(header), type };
};

/** Octal, or in base 256 (GNU) where it takes more than eleven digits. */
const sizeOf = (header: Uint8Array): number => {
  const field = header.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) === 0) {
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8);
    if (!Number.isSafeInteger(size)) throw new Error('this is no archive');
    return size;
  }
  return field.subarray(4).reduce((total, byte) => total * 256 + byte, 0);
};

const text = (header: Uint8Array, at: number, length: number): string => {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8');
};
