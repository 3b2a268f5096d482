import { isIPv6 } from 'node:net';

/** How often whom was let try a password: each wrong one makes the next wait longer. */
export interface Attempts {
  /** How long this address has still to wait, in milliseconds; 0 when it may try. */
  readonly waitMs: (address: string) => number;
  readonly wrong: (address: string) => void;
  readonly right: (address: string) => void;
}

const free = 5;
const longestMs = 60_000;
const forgottenMs = 15 * 60_000;
const mostAddresses = 1000;

/**
 * After five wrong passwords an address waits a second, then two, up to a minute; after a quarter of an hour of silence it is forgotten. The
 * last thousand addresses are remembered, IPv6 by the /64 that one customer has. `now` is steady milliseconds.
 */
export const attemptsOf = (now: () => number): Attempts => {
  const known = new Map<string, { readonly wrong: number; readonly atMs: number }>();
  const lookUp = (key: string) => {
    const found = known.get(key);
    if (found === undefined || now() - found.atMs <= forgottenMs) return found;
    known.delete(key);
    return undefined;
  };
  return {
    waitMs: (address) => {
      const found = lookUp(keyOf(address));
      if (found === undefined || found.wrong < free) return 0;
      const pauseMs = Math.min(longestMs, 1000 * 2 ** Math.min(10, found.wrong - free));
      return Math.max(0, found.atMs + pauseMs - now());
    },
    wrong: (address) => {
      const key = keyOf(address);
      const wrong = (lookUp(key)?.wrong ?? 0) + 1;
      // Anew, so that the first of the map is who was wrong the longest ago.
      known.delete(key);
      known.set(key, { wrong, atMs: now() });
      const [oldest] = known.keys();
      if (known.size > mostAddresses && oldest !== undefined) known.delete(oldest);
    },
    right: (address) => {
      known.delete(keyOf(address));
    },
  };
};

const keyOf = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  // As a URL has it, an address is written in one way only.
  const groups = new URL(`http://[${plain.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = groups.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const whole = groups.includes('::') ? [...first, ...Array(8 - first.length - last.length).fill('0'), ...last] : first;
  return whole.slice(0, 4).join(':');
};
