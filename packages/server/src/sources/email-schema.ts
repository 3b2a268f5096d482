import { isIP } from 'node:net';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { common, heard, type Unnamed } from './channel-fields.ts';
import { isDomain, mailAddresses, parseMailAddress } from './mail-address.ts';
import type { ChannelOf } from './people.ts';
import { insteadOfSecrets, secretFile } from './secret-file.ts';
import { say } from './url-fields.ts';

const hostOf = (text: string): Parsed<string> => {
  if (isIP(text) !== 0 || isDomain(text)) return accepted(text.toLowerCase());
  const [, name, port] = /^(?:\w+:\/\/)?([\w.-]+?)(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  const remedy =
    name === undefined || !isDomain(name)
      ? 'Write the name of the mail server alone, for example host: smtp.example.org.'
      : `Write host: ${name}${port === undefined ? '' : ` and port: ${port}`}.`;
  return refused('host', `${quoted(text)} is not the name of a host`, remedy);
};

const tlsOf = (text: string): Parsed<'implicit' | 'starttls' | 'none'> => {
  if (text === 'implicit' || text === 'starttls' || text === 'none') return accepted(text);
  const word = text.toLowerCase().replace(/[^a-z]/g, '');
  const meant = /^(ssl|tls|smtps|ssltls|tlsssl|implicit\w*)$/.test(word)
    ? 'implicit'
    : /^(starttls|explicit\w*)$/.test(word)
      ? 'starttls'
      : null;
  const remedy =
    meant === null
      ? 'Write tls: starttls (usual, port 587), tls: implicit (port 465) or tls: none.'
      : `Write tls: ${meant}.`;
  return refused('tls', `${quoted(text)} is none of starttls, implicit and none`, remedy);
};

const trueOrText = (value: unknown): unknown => (typeof value === 'boolean' ? String(value) : value);

const userOf = (text: string): Parsed<string> =>
  text !== '' && text.length <= 255 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
    ? accepted(text)
    : refused('user', `${quoted(text)} is no user`, 'Write who may send there, for example user: me@example.org.');

/** The mail, as `channels` may hold it. */
export const email = z
  .strictObject({
    type: z.literal('email'),
    host: textField(hostOf, 'host: smtp.example.org'),
    port: z.int().min(1).max(65_535).optional().meta({ example: 'port: 587' }),
    tls: z.preprocess(trueOrText, textField(tlsOf, 'tls: starttls')).optional(),
    user: textField(userOf, 'user: me@example.org').optional(),
    password_file: secretFile('password_file', 'smtp-password').optional(),
    from: textField(parseMailAddress, 'from: nas@example.org'),
    to: mailAddresses,
    ...common,
  })
  .meta({ instead: insteadOfSecrets('password_file', 'smtp-password') })
  .transform((written, context): Unnamed<ChannelOf<'email'>> => {
    const { type, host, user = null, password_file: passwordFile = null, from: sender, to } = written;
    const tls = written.tls ?? (written.port === 465 ? 'implicit' : 'starttls');
    const port = written.port ?? (tls === 'implicit' ? 465 : 587);
    if (user !== null && passwordFile === null) {
      const remedy = 'Write the password into a file beside this one, and here password_file: smtp-password.';
      say(context, 'user', 'user-alone', 'there is a user without a password_file', remedy);
    } else if (user === null && passwordFile !== null) {
      say(
        context,
        'password_file',
        'password-alone',
        'there is a password_file without a user',
        'Add user: me@example.org.',
      );
    } else if (tls === 'none' && user !== null && !isLoopback(host)) {
      const remedy = 'Write tls: starttls or tls: implicit; without user and password_file tls: none is possible.';
      say(context, 'tls', 'password-in-the-clear', 'this sends the password through the network in the clear', remedy);
    } else if (tls === 'starttls' && port === 465) {
      say(context, 'tls', 'tls', 'port 465 speaks TLS from the first byte', 'Write tls: implicit, or delete tls.');
    }
    return { type, host, port, tls, user, passwordFile, sender, to, ...heard(written, true) };
  });

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
