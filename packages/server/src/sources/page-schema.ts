import { isIP } from 'node:net';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isDomain } from './mail-address.ts';
import { type Page, usualListen } from './people.ts';
import { written } from './schedule-schema.ts';
import { insteadOfSecrets, secretFile } from './secret-file.ts';
import { say } from './url-fields.ts';

const listenOf = (text: string): Parsed<{ readonly address: string; readonly port: number }> => {
  const [, inBrackets, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = inBrackets ?? plain ?? '';
  const port = Number(digits ?? 0);
  const isNumeric = inBrackets === undefined ? isIP(address) === 4 : isIP(address) === 6;
  if (isNumeric && !address.includes('%') && port >= 1 && port <= 65_535) return accepted({ address, port });
  return refused('listen', `${quoted(text)} is no address and port`, listenRemedy(text, address, port));
};

const listenRemedy = (text: string, address: string, port: number): string => {
  const at = port >= 1 && port <= 65_535 ? port : usualListen.port;
  if (isIP(text) !== 0) return `Write the port too: listen: '${text.includes(':') ? `[${text}]` : text}:${at}'.`;
  if (/^\d{1,5}$/.test(text)) return `Write the address too: listen: '127.0.0.1:${text}'.`;
  if (address === 'localhost') return `Write listen: '127.0.0.1:${at}'.`;
  if (/:\d+$/.test(text) && (address === '' || address === '*')) {
    return `Write listen: '0.0.0.0:${at}' for every address, or '127.0.0.1:${at}' for this machine alone.`;
  }
  return `Write an address in numbers and a port from 1 to 65535, for example listen: '127.0.0.1:${at}'.`;
};

const hostOf = (text: string): Parsed<string> => {
  if (isDomain(text) || isIP(text) !== 0) return accepted(text.toLowerCase());
  const name = /^(?:\w+:\/\/)?([\w.-]+?)(?::\d{1,5})?(?:\/.*)?$/.exec(text)?.[1];
  const remedy =
    name !== undefined && isDomain(name)
      ? `Write the name alone: ${name}`
      : 'Write names as they stand in the address bar, for example hosts: [berth.example.org].';
  return refused('host', `${quoted(text)} is not the name of a host`, remedy);
};

/** Every browser sends these by itself, or anybody can have it send them. */
const commonHeaders =
  /^(host|accept(-.*)?|authorization|cache-control|connection|content-.*|cookie|forwarded|from|if-.*|origin|pragma|range|referer|sec-.*|te|upgrade.*|user-agent|via|x-forwarded-(for|host|proto|port|server)|x-real-ip)$/i;

const headerOf = (text: string): Parsed<string> => {
  // RFC 9110 §5.1: a token.
  if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(text)) {
    return refused(
      'header',
      `${quoted(text)} is no name of a header`,
      'Write its name alone, for example header: Remote-User.',
    );
  }
  if (!commonHeaders.test(text)) return accepted(text);
  const remedy = 'Write the one in which the proxy says who was let in, for example header: Remote-User.';
  return refused('header', `${text} comes with requests of anybody`, remedy);
};

const networkOf = (text: string): Parsed<string> => {
  const whole = text.includes('/') ? text : `${text}/${isIP(text) === 6 ? 128 : 32}`;
  const [address = '', bits = ''] = whole.split('/');
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(bits) || !ipaddr.isValidCIDR(whole)) {
    const remedy = "Write an address or a network, for example from: ['127.0.0.1/32'].";
    return refused('network', `${quoted(text)} is no network`, remedy);
  }
  // Two halves are everybody, too; the widest network that people have at home is 10.0.0.0/8.
  if (Number(bits) >= 7) return accepted(whole);
  const remedy = "Write the proxy's own address, for example from: ['127.0.0.1/32'].";
  return refused(
    'network',
    `${text} is ${Number(bits) === 0 ? 'everybody' : 'much of the internet'}: anyone could say who they are`,
    remedy,
  );
};

const most = 50;
const proxy = z
  .strictObject({
    header: textField(headerOf, 'header: Remote-User'),
    from: z
      .array(textField(networkOf, "from: ['127.0.0.1/32']"))
      .min(1)
      .max(most)
      .meta({ example: "from: ['127.0.0.1/32']" }),
  })
  .meta({ example: "proxy: { header: Remote-User, from: ['127.0.0.1/32'] }" });

const whole = z
  .strictObject({
    listen: written(listenOf, "listen: '127.0.0.1:8480'").optional(),
    hosts: z
      .array(textField(hostOf, 'berth.example.org'))
      .max(most)
      .optional()
      .meta({ example: 'hosts: [berth.example.org]' }),
    password_file: secretFile('password_file', 'page-password').optional(),
    proxy: proxy.optional(),
  })
  .meta({ instead: insteadOfSecrets('password_file', 'page-password') })
  .transform((page, context): Page => {
    const { listen = usualListen, hosts = [], password_file: passwordFile = null, proxy = null } = page;
    if (passwordFile === null && proxy === null && ipaddr.process(listen.address).range() !== 'loopback') {
      const remedy =
        "Add password_file: page-password, or proxy: { header: Remote-User, from: ['127.0.0.1/32'] }; or listen on 127.0.0.1.";
      say(context, 'listen', 'page-open', 'the page would be open to everybody who reaches this address', remedy);
    }
    return { ...listen, hosts: [...new Set(hosts)], passwordFile, proxy };
  });

/** `off` is a text in YAML 1.2, and to many people a boolean. A page without a value is not off but forgotten. */
const offOrPage = (value: unknown): unknown =>
  value === 'off' || value === false ? null : value === null ? undefined : value;

/** The status page, or null for none. */
export const page = z
  .preprocess(offOrPage, whole.nullable())
  .meta({ example: "page: { listen: '127.0.0.1:8480' }, or page: off" });
