import { Problem } from '@berth/common/problem.ts';

const mostHeader = 64 * 1024;

/** A name in a statement. */
export const asIdentifier = (name: string): string => `\`${name.replace(/`/g, '``')}\``;

/**
 * A dump as it passes on its way back. `withoutSandbox` takes out the first line that newer tools write and others stumble over; `rename` lets it
 * fill a database of another name. Throws 'restore-refused' when the dump does not say which database it makes.
 */
export const rewriteDump = async function* (
  chunks: AsyncIterable<Uint8Array>,
  how: { readonly withoutSandbox: boolean; readonly rename: { readonly from: string; readonly to: string } | null },
): AsyncGenerator<Uint8Array> {
  const header = createHeader(how);
  for await (const chunk of renamed(headed(chunks, header), how.rename)) yield chunk;
};

const headed = async function* (
  chunks: AsyncIterable<Uint8Array>,
  { isWhole, rewrite }: ReturnType<typeof createHeader>,
): AsyncGenerator<Uint8Array> {
  let kept: Buffer | null = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (kept === null) {
      yield chunk;
      continue;
    }
    kept = Buffer.concat([kept, chunk]);
    if (!isWhole(kept)) continue;
    yield rewrite(kept);
    kept = null;
  }
  if (kept !== null) yield rewrite(kept);
};

/** The statements before the first table: they name the database. */
const createHeader = ({ withoutSandbox, rename }: Parameters<typeof rewriteDump>[1]) => {
  const use = rename === null ? null : Buffer.from(`\nUSE ${asIdentifier(rename.from)};\n`);
  return {
    isWhole: (kept: Buffer): boolean =>
      kept.length >= mostHeader || (use === null ? kept.includes('\n') : kept.includes(use)),
    rewrite: (kept: Buffer): Buffer => {
      const sandbox = /^\/\*M?!999999[^\n]*\n/.exec(kept.subarray(0, 200).toString('latin1'))?.[0] ?? '';
      const rest = withoutSandbox ? kept.subarray(sandbox.length) : kept;
      if (rename === null || use === null) return rest;
      const from = rest.indexOf('\nCREATE DATABASE ');
      const at = rest.indexOf(use);
      if (from === -1 || at < from) {
        throw new Problem(
          'restore-refused',
          'This dump does not say which database it makes, so it cannot fill one of another name.',
          'Restore it with --to-file, and look at it.',
        );
      }
      const end = at + use.length;
      // Not in the comments above: a name with a newline would end them.
      const statements = rest.subarray(from, end).toString('utf8');
      const named = statements.replaceAll(asIdentifier(rename.from), () => asIdentifier(rename.to));
      return Buffer.concat([rest.subarray(0, from), Buffer.from(named), rest.subarray(end)]);
    },
  };
};

/**
 * Further on the tools name the database again: before the views, which come last (`USE`), and around routines, events and triggers, for which they
 * set its character set for a moment. No row can look like that: a newline in it is written as two characters.
 */
const renamed = async function* (
  chunks: AsyncIterable<Uint8Array>,
  rename: { readonly from: string; readonly to: string } | null,
): AsyncGenerator<Uint8Array> {
  if (rename === null) return yield* chunks;
  const pairs = [
    ['\nUSE ', ';'],
    ['\nALTER DATABASE ', ' CHARACTER SET '],
  ].map(([before, after]) => ({
    from: Buffer.from(`${before}${asIdentifier(rename.from)}${after}`),
    to: Buffer.from(`${before}${asIdentifier(rename.to)}${after}`),
  }));
  const longest = Math.max(...pairs.map(({ from }) => from.length));
  const nextIn = (bytes: Buffer) =>
    pairs
      .map(({ from, to }) => ({ from, to, at: bytes.indexOf(from) }))
      .filter(({ at }) => at !== -1)
      .sort((one, other) => one.at - other.at)[0];
  let kept = Buffer.alloc(0);
  for await (const chunk of chunks) {
    kept = Buffer.concat([kept, chunk]);
    for (let next = nextIn(kept); next !== undefined; next = nextIn(kept)) {
      yield Buffer.concat([kept.subarray(0, next.at), next.to]);
      kept = kept.subarray(next.at + next.from.length);
    }
    const safe = Math.max(0, kept.length - longest + 1);
    if (safe > 0) yield kept.subarray(0, safe);
    kept = kept.subarray(safe);
  }
  yield kept;
};
