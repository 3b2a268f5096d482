import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts a stream of bytes into lines as they come, without their newline and carriage return. A line longer than
 * `longest` characters arrives once, cut there, and the rest of it is dropped: memory stays bounded whatever is written.
 */
export const createLines = (longest: number, onLine: (line: string) => void) => {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;

  const emit = (line: string) => {
    if (!skipping) onLine(line.replace(/\r$/, '').slice(0, longest));
    skipping = false;
  };
  const add = (text: string) => {
    const parts = text.split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      emit(rest + part);
      rest = '';
    }
    if (!skipping) rest += last;
    if (rest.length <= longest) return;
    onLine(rest.slice(0, longest));
    skipping = true;
    rest = '';
  };
  return {
    write: (chunk: Uint8Array) => add(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))),
    /** The last line, when no newline ended it. */
    end: () => {
      add(decoder.end());
      if (rest !== '') emit(rest);
      rest = '';
    },
  };
};
