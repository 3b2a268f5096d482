import { X509Certificate } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { checkServerIdentity, getCACertificates } from 'node:tls';

/**
 * Whom to believe, both PEM: `ca` beside those that Node knows, or `pinned` and nobody else. Whoever shows the pinned one itself is
 * believed whatever name it holds; who was signed by it only under their own. Throws where `pinned` is no certificate.
 * https://nodejs.org/api/tls.html#tlsconnectoptions-callback
 */
export const trustOf = (ca: string | undefined, pinned: string | undefined): RequestOptions => {
  if (pinned !== undefined) {
    const { raw } = new X509Certificate(pinned);
    return {
      ca: [pinned],
      checkServerIdentity: (host, shown) => (shown.raw.equals(raw) ? undefined : checkServerIdentity(host, shown)),
    };
  }
  return ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] };
};
