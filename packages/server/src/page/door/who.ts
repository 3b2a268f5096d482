import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { Problem } from '@berth/common/problem.ts';
import type { PageSettings } from '../../monitor/settings.ts';
import type { Attempts } from './attempts.ts';

/** Whether somebody may come in. */
export type Entry =
  | { readonly kind: 'in' }
  /** Nobody has said who they are, or wrongly. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'refused'; readonly words: string };

/** Who knocks. */
export interface Knock {
  /** The address at the other end of the connection. */
  readonly address: string;
  /** A request header by its name, in any case. */
  readonly header: (name: string) => string | undefined;
}

/**
 * Who may see the page: everybody where nobody is asked (which sources.yaml allows on loopback only), whoever knows the password, and whoever the
 * proxy names. The proxy's header counts only on connections that come from one of its addresses; from anywhere else anybody could
 * write it. Throws `page-proxy` for an address that is none.
 */
export const doorOf = (
  { password, proxy }: Pick<PageSettings, 'password' | 'proxy'>,
  attempts: Attempts,
): ((knock: Knock) => Entry) => {
  const isProxy = proxy === null ? () => false : proxiesOf(proxy.from);
  const isRight = password === null ? () => false : comparer(password);
  return ({ address, header }) => {
    if (password === null && proxy === null) return { kind: 'in' };
    const isFromProxy = proxy !== null && isProxy(address);
    if (isFromProxy && (header(proxy.header) ?? '').trim() !== '') return { kind: 'in' };
    if (password === null) {
      const words = isFromProxy
        ? `The proxy did not say who asks: its header ${proxy.header} is missing.`
        : 'Only the proxy may ask here.';
      return { kind: 'refused', words };
    }
    const given = passwordIn(header('authorization'));
    if (given === null) return { kind: 'ask' };
    const ms = attempts.waitMs(address);
    if (ms > 0) return { kind: 'wait', ms };
    if (isRight(given)) {
      attempts.right(address);
      return { kind: 'in' };
    }
    attempts.wrong(address);
    return { kind: 'ask' };
  };
};

/** What RFC 7617 calls the password: all after the first colon. Any user name will do. */
const passwordIn = (authorization: string | undefined): string | null => {
  const match = /^basic ([a-z0-9+/=]{1,1000})$/i.exec(authorization ?? '');
  const pair = Buffer.from(match?.[1] ?? '', 'base64').toString();
  const colon = pair.indexOf(':');
  return colon === -1 ? null : pair.slice(colon + 1);
};

/** Takes as long for a nearly right one as for any other. */
const comparer = (password: string): ((given: string) => boolean) => {
  const key = randomBytes(32);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const right = digest(password);
  return (given) => timingSafeEqual(right, digest(given));
};

const proxiesOf = (from: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const range of from) {
    const [address = '', bits] = range.split('/');
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > most || bits === '')
      throw new Problem(
        'page-proxy',
        `The page's proxy can not come from ${JSON.stringify(range)}.`,
        'Write an address or a range, such as 127.0.0.1/32, into page.proxy.from of sources.yaml.',
      );
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    // A socket that takes both families shows an IPv4 peer as ::ffff:192.0.2.1.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6');
  };
};
