import { randomBytes } from 'node:crypto';

/** Tells browsers that something changed; what, they fetch. */
export interface Live {
  /** Which state of things it is: another after each change, and after a restart. A page says with which it was made. */
  readonly version: () => string;
  /** A stream of server-sent events for a page of this version; null when as many listen as may. It ends with the page. */
  readonly listen: (version: string | null) => ReadableStream<Uint8Array> | null;
  readonly listeners: () => number;
  /** Ends every stream. */
  readonly close: () => void;
}

/** A tab each; one more is told to come again later. */
export const mostListeners = 32;
const heartbeatMs = 15_000;
const pauseMs = 1000;

/**
 * `event: change` when `onChange` says so, at most once a second, and a comment each 15 s so that proxies keep the line and a dead one is
 * noticed. Whoever reads too slowly misses nothing: one change unread is as good as ten.
 */
export const liveOf = (onChange: (listener: () => void) => () => void): Live => {
  const streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  let pending: NodeJS.Timeout | null = null;
  let toldMs = Number.NEGATIVE_INFINITY;
  const start = randomBytes(6).toString('hex');
  let changes = 0;
  const version = (): string => `${start}-${changes}`;

  const send = (line: Uint8Array): void => {
    for (const stream of streams) if ((stream.desiredSize ?? 0) > 0) stream.enqueue(line);
  };
  const tell = (): void => {
    pending = null;
    toldMs = performance.now();
    send(change);
  };
  const stopListening = onChange(() => {
    changes += 1;
    if (pending !== null || streams.size === 0) return;
    pending = setTimeout(tell, Math.max(0, pauseMs - (performance.now() - toldMs)));
  });
  const heart = setInterval(() => send(heartbeat), heartbeatMs);
  heart.unref();

  return {
    version,
    listen: (known) => {
      if (streams.size >= mostListeners) return null;
      let own: ReadableStreamDefaultController<Uint8Array> | null = null;
      return new ReadableStream<Uint8Array>(
        {
          start: (stream) => {
            own = stream;
            streams.add(stream);
            stream.enqueue(hello);
            // What changed while the page was on its way, or while nobody listened.
            if (known !== version()) stream.enqueue(change);
          },
          cancel: () => {
            if (own !== null) streams.delete(own);
          },
        },
        { highWaterMark: 4 },
      );
    },
    listeners: () => streams.size,
    close: () => {
      stopListening();
      clearInterval(heart);
      if (pending !== null) clearTimeout(pending);
      for (const stream of streams) stream.close();
      streams.clear();
    },
  };
};

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
/** How long a browser waits before it comes again, where our script does not say otherwise. */
const hello = encode('retry: 10000\n\n');
const change = encode('event: change\ndata: 1\n\n');
const heartbeat = encode(': still here\n\n');
