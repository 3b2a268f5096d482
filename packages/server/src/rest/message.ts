/** A request as the REST API needs it, whatever carried it. */
export interface Request {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly accept: string | undefined;
  readonly range: string | undefined;
  readonly contentLength: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** An answer. A `body` that is a stream is read to its end or its `return` is called, which closes what it holds. */
export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Uint8Array>;
}

/** An answer of one line for a person. */
export const say = (status: number, line: string, headers: Readonly<Record<string, string>> = {}): Response => ({
  status,
  headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' },
  body: `${line}\n`,
});
