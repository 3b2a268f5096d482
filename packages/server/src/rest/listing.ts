import type { Listed } from '../store/read.ts';
import type { Response } from './message.ts';

const version2 = 'application/vnd.x.restic.rest.v2';
const version1 = 'application/vnd.x.restic.rest.v1';

/** A listing in the version of the API that `accept` asks for: names with sizes in version 2, names alone in version 1. */
export const listing = (parts: AsyncIterable<readonly Listed[]>, accept: string | undefined): Response => {
  const version = accept === version2 ? version2 : version1;
  const entry = ({ name, size }: Listed): string => JSON.stringify(version === version2 ? { name, size } : name);
  return { status: 200, headers: { 'content-type': version }, body: jsonArray(parts, entry) };
};

const jsonArray = async function* (
  parts: AsyncIterable<readonly Listed[]>,
  entry: (listed: Listed) => string,
): AsyncGenerator<Uint8Array> {
  let separator = '[';
  for await (const part of parts) {
    yield Buffer.from(separator + part.map(entry).join(','));
    separator = ',';
  }
  yield Buffer.from(separator === '[' ? '[]' : ']');
};
