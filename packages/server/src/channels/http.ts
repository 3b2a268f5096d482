/** One request to a service. */
export interface WebRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether it may go to addresses that are not public: the machine itself, the local network. */
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

/** What the service answered: any status, redirects too. */
export interface WebAnswer {
  readonly status: number;
  /** The `Retry-After` header; null without one. */
  readonly retryAfter: string | null;
  /** Its first 64 KiB. */
  readonly body: string;
}

/** Sends one request and takes its answer. Rejects with a ChannelError where there was none. */
export type Request = (request: WebRequest) => Promise<WebAnswer>;

/** Requests that go where they say and nowhere else. */
export const guardedRequest = (): Request => () => Promise.reject(new Error('not built yet'));
