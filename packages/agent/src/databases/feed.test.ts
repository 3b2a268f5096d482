import { describe, expect, it } from 'vitest';
import { createFeed } from './feed.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a feed', () => {
  it('gives the reader what was pushed, in order, and then ends', async () => {
    const feed = createFeed();
    const pushing = (async () => {
      for (const text of ['a', 'b', 'c']) await feed.push(bytes(text));
      feed.end();
    })();
    let seen = '';
    for await (const chunk of feed.chunks) seen += Buffer.from(chunk).toString();
    await pushing;
    expect(seen).toBe('abc');
  });

  it('lets whoever pushes wait until the reader wants more', async () => {
    const feed = createFeed();
    const reader = feed.chunks[Symbol.asyncIterator]();
    let isTaken = false;
    const pushing = Promise.resolve(feed.push(bytes('a'))).then(() => {
      isTaken = true;
    });
    await reader.next();
    expect(isTaken).toBe(false);
    void reader.next();
    await pushing;
    expect(isTaken).toBe(true);
    feed.end();
  });

  it('keeps nobody waiting once the reader has gone', async () => {
    const feed = createFeed();
    const pushing = feed.push(bytes('a'));
    for await (const _ of feed.chunks) break;
    await pushing;
    await feed.push(bytes('b'));
  });
});
