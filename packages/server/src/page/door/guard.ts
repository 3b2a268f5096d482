import type { MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { isOurHost } from './hosts.ts';
import type { Entry, Knock } from './who.ts';

/** By what everybody is judged before anything is answered. */
export interface Guard {
  /** Names that the page has beside loopback's and numeric addresses. */
  readonly hosts: () => readonly string[];
  readonly door: (knock: Knock) => Entry;
  /** The address at the other end of the connection. */
  readonly addressOf: (env: unknown) => string;
  readonly log: Logger;
}

const longestUrl = 2000;

/** What the page and nobody else may do in a browser; no script or style but our two files, and nothing may be sent anywhere. */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** The door of every path: who asks how, under which name, and who they are. Sets the headers of every answer, its own among them. */
export const guard =
  ({ hosts, door, addressOf, log }: Guard): MiddlewareHandler =>
  async (context, next) => {
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    const { method, url } = context.req.raw;
    if (method !== 'GET' && method !== 'HEAD') {
      context.header('allow', 'GET, HEAD');
      return context.text('This page only reads: GET and HEAD.\n', 405);
    }
    if (url.length > longestUrl) return context.text('That address is too long.\n', 414);
    if (!isOurHost(context.req.header('host'), hosts())) {
      const words = 'This page is not known under that name. Write the name into page.hosts of sources.yaml.\n';
      return context.text(words, 421);
    }
    // That it lives is no secret, and whoever restarts it knows no password.
    if (context.req.path === '/healthz') return next();
    const address = addressOf(context.env);
    const entry = door({ address, header: (name) => context.req.header(name) });
    if (entry.kind === 'in') return next();
    if (entry.kind === 'refused') return context.text(`${entry.words}\n`, 403);
    if (entry.kind === 'wait') {
      context.header('retry-after', String(Math.ceil(entry.ms / 1000)));
      return context.text('Too many wrong passwords. Wait a little, then try again.\n', 429);
    }
    if (context.req.header('authorization') !== undefined) log.warn({ address }, 'a wrong password for the page');
    context.header('www-authenticate', 'Basic realm="berth", charset="UTF-8"');
    return context.text('Say the password of page.password_file; any user name will do.\n', 401);
  };
