import { describe, expect, it } from 'vitest';
import { createCrc64 } from './crc64.ts';

const sum = (...parts: readonly string[]): string => {
  const crc = createCrc64();
  for (const part of parts) crc.update(new TextEncoder().encode(part));
  return Buffer.from(crc.digest()).reverse().toString('hex');
};

describe('the sum of an RDB file', () => {
  it('is what the check value of this CRC says', () => {
    expect(sum('123456789')).toBe('e9c6d914c4b8d9ca');
  });

  it('does not depend on where the pieces were cut', () => {
    expect(sum('12', '', '3456', '789')).toBe(sum('123456789'));
    expect(sum('')).toBe('0000000000000000');
  });
});
