import type { Severity } from '../events/condition.ts';

/**
 * Something to tell people, the same for every channel. All of it is plain text without control characters but for the line breaks of
 * `body`; each channel escapes it for its own medium and cuts it to what its service takes, saying that it did.
 */
export interface Message {
  /** Made up once per message: a channel whose service knows one uses it so that a second try is no second message. */
  readonly id: string;
  /** `resolved` for what is over, `digest` for the daily one, `test` for a test. */
  readonly kind: 'raised' | 'reminder' | 'resolved' | 'digest' | 'test';
  readonly severity: Severity;
  /** One line: `laptop is overdue`. */
  readonly title: string;
  /** A few lines: what is so, since when, what to do. */
  readonly body: string;
  /** Programs may go by it: the condition's code, such as `overdue`; null for what is no condition. */
  readonly code: string | null;
  /** The sources it is about, none for the server itself. */
  readonly sources: readonly string[];
  /** UTC milliseconds. */
  readonly atMs: number;
  /** Where to look; null where there is no page. */
  readonly url: string | null;
  /** Messages of one trouble share it, from raised to resolved: mails are shown together. None where there is no such thing. */
  readonly thread?: string | null;
  /** Only of the digest, for channels that can show it: the mail's two parts. */
  readonly mail: { readonly html: string; readonly text: string } | null;
}

/**
 * A way to people. `send` resolves when the service has taken the message, and rejects with a ChannelError otherwise; it never tries
 * again by itself (alerts/outbox.ts does, with growing pauses, as long as `isFinal` is false), and ends within 30 s. A message may be
 * sent twice where an answer was lost. Secrets never stand in its errors.
 */
export interface Channel {
  readonly name: string;
  readonly send: (message: Message, signal: AbortSignal) => Promise<void>;
}

/** Why a message could not be delivered. */
export class ChannelError extends Error {
  /** True where trying the same again is no use: a wrong token, a refused address. */
  readonly isFinal: boolean;
  /** True where some have it and the others never will: sent again, the first would have it twice. */
  readonly isPartial: boolean;
  /** What to do. */
  readonly remedy: string;
  /** How long the service asked to be left alone, in milliseconds; null where it did not say. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    about: {
      readonly isFinal: boolean;
      readonly isPartial?: boolean;
      readonly remedy: string;
      readonly retryAfterMs?: number | null;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: about.cause });
    this.name = 'ChannelError';
    this.isFinal = about.isFinal;
    this.isPartial = about.isPartial ?? false;
    this.remedy = about.remedy;
    this.retryAfterMs = about.retryAfterMs ?? null;
  }
}
