/**
 * The sum at the end of an RDB file: CRC-64 "Jones", reflected, begun with 0 (https://github.com/redis/redis/blob/7.0/src/crc64.c). Kept in two halves
 * of 32 bits, for BigInt takes a hundred times as long.
 */
export interface Crc64 {
  readonly update: (bytes: Uint8Array) => void;
  /** As 8 bytes, the lowest first, as they stand in the file. */
  readonly digest: () => Uint8Array;
}

const polynomial = { high: 0x95ac9329, low: 0xac4bc9b5 } as const;

const tables = (): { readonly high: Uint32Array; readonly low: Uint32Array } => {
  const high = new Uint32Array(256);
  const low = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let [upper, lower] = [0, index];
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (lower & 1) === 1;
      lower = ((lower >>> 1) | (upper << 31)) >>> 0;
      upper >>>= 1;
      if (isOdd) {
        upper = (upper ^ polynomial.high) >>> 0;
        lower = (lower ^ polynomial.low) >>> 0;
      }
    }
    high[index] = upper;
    low[index] = lower;
  }
  return { high, low };
};

const table = tables();

/** Begins a sum. */
export const createCrc64 = (): Crc64 => {
  let high = 0;
  let low = 0;
  return {
    update: (bytes) => {
      let [upper, lower] = [high, low];
      for (let at = 0; at < bytes.length; at += 1) {
        const index = (lower ^ (bytes[at] ?? 0)) & 0xff;
        lower = ((lower >>> 8) | (upper << 24)) ^ (table.low[index] ?? 0);
        upper = (upper >>> 8) ^ (table.high[index] ?? 0);
      }
      high = upper >>> 0;
      low = lower >>> 0;
    },
    digest: () => {
      const digest = new Uint8Array(8);
      const view = new DataView(digest.buffer);
      view.setUint32(0, low, true);
      view.setUint32(4, high, true);
      return digest;
    },
  };
};
