import type { WebAnswer } from '../../channels/http.ts';
import { foreign, type Trouble } from './problem.ts';

/**
 * What an answer means that is none: told apart by what to do about it. A wrong key is 401 where the page has a password, else 403 with
 * `CSRF Error`; 403 with `Host check error` is a page that listens on localhost only and was asked under another name
 * (https://docs.syncthing.net/users/faq.html "Why do I get Host check error").
 */
export const refusalOf = ({ status, headers, body }: WebAnswer): Trouble => {
  const words = foreign(body.replace(/<[^>]*>/g, ' '), 100);
  const detail = words === '' ? `it answers with ${status}` : `it answers with ${status}: ${words}`;
  if (status === 403 && /host check/i.test(body)) return { kind: 'refused', why: 'host-check', detail };
  if (status === 401 || status === 403) return { kind: 'refused', why: 'key', detail };
  if (status >= 500) return { kind: 'down', detail };
  const to = headers['location'];
  // With TLS switched on it sends whoever comes without there.
  if (status >= 300 && status < 400 && to !== undefined) {
    return {
      kind: 'nonsense',
      detail: `it answers with ${status} and sends us to ${foreign(to.replace(/[?#].*$/, ''), 100)}`,
    };
  }
  return { kind: 'nonsense', detail };
};
