import { getCACertificates } from 'node:tls';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { saysSecret } from './answer.ts';
import { ChannelError } from './channel.ts';
import type { ChannelTools } from './registry.ts';
import type { ChannelSettingsOf } from './settings.ts';
import { oneLine } from './text.ts';

/** What a mail is made of, in nodemailer's words. */
export type Mail = SendMailOptions;

type Server = Pick<ChannelSettingsOf<'email'>, 'host' | 'port' | 'tls' | 'user' | 'password'>;

/**
 * Hands one mail to an SMTP server over a connection of its own. Resolves when the server took it for every recipient. Rejects with
 * a ChannelError: final for what the server refuses for good (5xx, a wrong password), not final for what may pass (4xx, no answer).
 * With `starttls` nothing but the greeting is said before the connection is encrypted, and nothing at all where it can not be.
 */
export const deliver = async (
  server: Server,
  mail: Mail,
  { ca, mailDeadlineMs = 25_000 }: Pick<ChannelTools, 'ca' | 'mailDeadlineMs'>,
  signal: AbortSignal,
): Promise<void> => {
  const deadline = AbortSignal.timeout(mailDeadlineMs);
  const transport = createTransport({
    ...{ host: server.host, port: server.port, secure: server.tls === 'implicit' },
    ...{ requireTLS: server.tls === 'starttls', ignoreTLS: server.tls === 'none' },
    ...(server.user === null ? {} : { auth: { user: server.user, pass: server.password ?? '' } }),
    ...{ connectionTimeout: mailDeadlineMs, greetingTimeout: mailDeadlineMs, socketTimeout: mailDeadlineMs },
    tls: {
      ...{ rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
    },
    // A mail is words that are here already: nothing in it is ever read from a file or fetched.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const { rejected } = await transport.sendMail({ ...mail, signal: AbortSignal.any([signal, deadline]) });
    if (rejected.length > 0) throw refusedSome(server, rejected);
  } catch (error) {
    throw explained(error, server, deadline.aborted && !signal.aborted ? mailDeadlineMs : null);
  } finally {
    transport.close();
  }
};

const refusedSome = ({ host }: Server, rejected: readonly unknown[]): ChannelError => {
  const who = rejected.map(String).join(', ');
  return new ChannelError(`The mail server ${host} took the mail, but not for ${who}.`, {
    ...{ isFinal: true, isPartial: true },
    remedy: 'See the addresses under `to` of this channel in sources.yaml.',
  });
};

const explained = (error: unknown, server: Server, deadlineMs: number | null): ChannelError => {
  if (error instanceof ChannelError) return error;
  const { host, port, tls } = server;
  const { code, status, response, command, cause } = partsOf(error);
  const words = oneLine(response);
  const said = words === '' || saysSecret(words, secretsOf(server)) ? '' : ` It said: ${words.slice(0, 300)}`;
  const failed = (happened: string, isFinal: boolean, remedy: string) =>
    new ChannelError(`The mail server ${host} ${happened}${said}`, { isFinal, remedy });
  const reach = `See that this server reaches ${host} at port ${port}, and that host, port and tls of this channel are right.`;
  if (deadlineMs !== null)
    return failed(`did not answer within ${Math.ceil(deadlineMs / 1000)} seconds.`, false, reach);
  if (code === 'EABORT')
    return failed('was not waited for: it was told to stop.', false, 'Nothing: it is tried again.');
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    const remedy =
      'Put the right password into its file (password_file), and see `user`; some services want a password made for apps.';
    return failed('did not take the user name and password.', status < 400 || status >= 500, remedy);
  }
  if (/CERT|SIGNATURE|ISSUER/.test(cause)) {
    const remedy = `See that its certificate is valid for ${host}, and that this machine trusts its issuer (update-ca-certificates).`;
    return failed(`showed no certificate that can be trusted (${cause}).`, false, remedy);
  }
  if (code === 'ETLS' || (tls === 'starttls' && status >= 500 && command === 'STARTTLS')) {
    const remedy =
      'Write tls: implicit and port: 465 if it wants TLS from the start; tls: none only for a server on this machine.';
    return failed('offers no encryption, so nothing was sent.', true, remedy);
  }
  // RFC 3463: 5.3.4 is a message too big for the system.
  if ((code === 'EMESSAGE' && status === 0) || /\b5\.3\.4\b/.test(response))
    return failed('takes no mail of this size.', true, 'Raise its limit, or take another server.');
  if (status >= 500)
    return failed('refused the mail for good.', true, 'See what it says, and `from` and `to` of this channel.');
  if (status >= 400)
    return failed('does not take the mail now.', false, 'Nothing, unless it stays so: it is tried again.');
  if (code === 'EENVELOPE')
    return failed('was given an address that is none.', true, 'See `from` and `to` of this channel.');
  return failed(`could not be reached (${cause === '' ? code : cause}).`, false, reach);
};

/** What nodemailer's errors say, without their own sentences, which may quote what was sent. */
const partsOf = (error: unknown) => {
  const field = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const text = (name: string, otherwise: string): string => {
    const value = field(name);
    return typeof value === 'string' ? value : otherwise;
  };
  const status = field('responseCode');
  return {
    ...{ code: text('code', 'unknown'), response: text('response', ''), command: text('command', '') },
    status: typeof status === 'number' ? status : 0,
    // Node's own: ECONNREFUSED, CERT_HAS_EXPIRED.
    cause: text('originalCode', ''),
  };
};

const secretsOf = ({ user, password }: Server): readonly string[] => {
  if (password === null) return [];
  const plainLogin = Buffer.from(`\0${user ?? ''}\0${password}`).toString('base64');
  return [password, plainLogin];
};
