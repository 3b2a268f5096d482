/**
 * The lines of a stream of text, one after the other, as fast as they are taken. A line of more than `longest` characters
 * is null: no more than that is held of what somebody sends who is not believed.
 */
export async function* linesOf(chunks: AsyncIterable<string>, longest: number): AsyncGenerator<string | null> {
  let line: string[] = [];
  let length = 0;
  const add = (piece: string): void => {
    length += piece.length;
    if (length > longest) line = [];
    else line.push(piece);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      add(chunk.slice(from, end));
      yield length > longest ? null : line.join('');
      line = [];
      length = 0;
      from = end + 1;
    }
    add(chunk.slice(from));
  }
}

/** A message as a line. Whoever reads by `readline` ends one at U+2028 and U+2029 too, which JSON leaves as they are. */
export const lineOf = (message: unknown): string =>
  `${JSON.stringify(message).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`;
