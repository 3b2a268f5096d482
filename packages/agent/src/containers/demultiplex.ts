/** A piece of one of a process's two streams. */
export interface Piece {
  readonly from: 'stdout' | 'stderr';
  readonly chunk: Uint8Array;
}

const headerLength = 8;

/**
 * Takes apart what an engine sends of a process without a terminal: a header of 8 bytes (the stream's number, three zeros, the length in big
 * endian), then so many bytes (https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach). Nothing is read on while a piece is being used. Throws on a header that is none, and
 * on an end in the middle of a piece.
 */
export async function* demultiplex(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let kept: Uint8Array = new Uint8Array();
  let from: Piece['from'] | null = null;
  let left = 0;
  for await (const chunk of chunks) {
    let rest: Uint8Array = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    kept = new Uint8Array();
    while (rest.length > 0) {
      if (left === 0) {
        if (rest.length < headerLength) {
          kept = rest;
          break;
        }
        [from, left] = readHeader(rest);
        rest = rest.subarray(headerLength);
        continue;
      }
      const piece = rest.subarray(0, left);
      left -= piece.length;
      rest = rest.subarray(piece.length);
      if (from !== null) yield { from, chunk: piece };
    }
  }
  if (left > 0 || kept.length > 0) throw new Error('the engine cut what the process wrote');
}

const readHeader = (bytes: Uint8Array): [Piece['from'] | null, number] => {
  const stream = bytes[0];
  if (stream === undefined || stream > 2 || bytes[1] !== 0 || bytes[2] !== 0 || bytes[3] !== 0) {
    throw new Error('the engine sent something else than the streams of a process');
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, headerLength).getUint32(4);
  return [stream === 0 ? null : stream === 1 ? 'stdout' : 'stderr', length];
};
