import { createHash } from 'node:crypto';
import type { Request } from '../../packages/server/src/rest/message.ts';

type Random = (below: number) => number;

/** A request to the REST API, and what a server may answer to it. */
export interface Generated {
  readonly method: string;
  readonly path: string;
  readonly accept: string | undefined;
  readonly range: string | undefined;
  readonly contentLength: string | undefined;
  readonly body: Body;
}

/** Bytes in chunks, which fail after the last one when `cut`. */
export interface Body {
  readonly chunks: readonly Buffer[];
  readonly cut: boolean;
}

/** An object that requests are about. */
export interface Known {
  readonly path: string;
  readonly bytes: Buffer;
}

const types = ['data', 'index', 'keys', 'locks', 'snapshots'] as const;

/** The objects that requests are about: few, so that they meet again and again. */
export const knownObjects: readonly Known[] = [
  ...Array.from({ length: 60 }, (_, index) => {
    const bytes = Buffer.alloc(Math.floor(1.16 ** index) - 1, `object ${index} `);
    const name = createHash('sha256').update(bytes).digest('hex');
    return { path: `/${types[index % types.length]}/${name}`, bytes };
  }),
  { path: '/config', bytes: Buffer.from('the configuration') },
];

const pick = <T>(random: Random, items: readonly [T, ...T[]]): T => items[random(items.length)] ?? items[0];

const methods = [
  'GET',
  'HEAD',
  'POST',
  'DELETE',
  'PUT',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'get',
  '',
  'PROPFIND',
  'GET\0',
  '__proto__',
] as const;
const ordinary = ['GET', 'GET', 'GET', 'HEAD', 'HEAD', 'POST', 'POST', 'DELETE'] as const;

/** Pieces of paths: what leads out of folders on some system, what is special in some language, what the store has. */
const segments = [
  '',
  '.',
  '..',
  '...',
  '....//',
  '..%2f',
  '%2e%2e',
  '%2e%2e%2f',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '..\\',
  '..;',
  '~',
  '~root',
  'data',
  'index',
  'keys',
  'locks',
  'snapshots',
  'config',
  'Data',
  'data ',
  'data%20',
  'data\0',
  'data\n',
  'repo',
  'trash',
  'journal',
  'incoming',
  'quarantine',
  'usage.json',
  '1001',
  '2026-11.jsonl',
  '00',
  'ff',
  'etc',
  'passwd',
  'proc',
  'self',
  'environ',
  'dev',
  'null',
  'tmp',
  'other',
  'sources',
  'alpha',
  'server.json',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '*',
  '?',
  '?create=true',
  '#',
  ':',
  'C:',
  '\\\\host',
  'file:',
  '﻿',
  '‮',
  'ａ',
  'é',
  '\u{1f6a2}',
  '\ud800',
  '%',
  '%0',
  '%00',
  '$(id)',
  '`id`',
  '{}',
  '[]',
  '-',
  '--',
] as const;

const hex = '0123456789abcdef';
const hexText = (random: Random, length: number): string => {
  let text = '';
  for (let at = 0; at < length; at += 1) text += hex[random(16)];
  return text;
};

const anyText = (random: Random): string => {
  const length = random(12);
  const highest = pick(random, [128, 256, 65_536]);
  let text = '';
  for (let at = 0; at < length; at += 1) text += String.fromCharCode(random(highest));
  return text;
};

const segment = (random: Random): string => {
  const kind = random(16);
  if (kind < 11) return pick(random, segments);
  if (kind < 13) return anyText(random);
  if (kind === 13) return hexText(random, pick(random, [2, 63, 64, 64, 65, 128]));
  return pick(random, [...knownNames]);
};

const knownNames: [string, ...string[]] = ['config', ...knownObjects.map(({ path }) => path.split('/').at(-1) ?? '')];

const hostilePath = (random: Random): string => {
  if (random(2000) === 0) return `/${'../'.repeat(1 + random(3000))}etc/passwd`;
  const parts = Array.from({ length: random(7) }, () => segment(random));
  return `${pick(random, ['/', '/', '/', '/', '', '//', 'http://nas/', '\\'])}${parts.join(pick(random, ['/', '/', '/', '//', '\\', '%2f', '']))}`;
};

/** An object's path with one thing wrong, or none. */
const nearPath = (random: Random, { path }: Known): string => {
  switch (random(12)) {
    case 0:
      return path.toUpperCase();
    case 1:
      return `${path}${pick(random, ['/', '/.', '/..', '?', '?x=1', '#', '%00', '\0', '.', ' ', '\n', '.1001'])}`;
    case 2:
      return path.slice(0, -1 - random(3));
    case 3:
      return `${path}${hexText(random, 1 + random(2))}`;
    case 4:
      return `/${pick(random, segments)}${path}`;
    case 5:
      return path.replace('/', pick(random, ['//', '/./', '/../', '\\', '/%2e/']));
    default:
      return path;
  }
};

const number = (random: Random): string =>
  pick(random, [
    '0',
    '1',
    '2',
    '16',
    '17',
    '18',
    '-1',
    '',
    '1e3',
    '0x10',
    '007',
    ' 5',
    '5 ',
    '+5',
    '1.5',
    '9007199254740993',
    '999999999999999',
    '99999999999999999999',
    'NaN',
    '∞',
    '٣',
  ]);

const rangeOf = (random: Random): string | undefined => {
  const kind = random(10);
  if (kind < 4) return undefined;
  if (kind < 8) return `bytes=${random(30)}-${random(2) === 0 ? '' : random(4000)}`;
  if (kind === 8)
    return `${pick(random, ['bytes=', 'bytes', 'Bytes=', 'items=', ''])}${number(random)}-${number(random)}`;
  return pick(random, ['bytes=-', 'bytes=0-0,2-3', 'bytes=-0', 'bytes=5-2', anyText(random)]);
};

const acceptOf = (random: Random): string | undefined =>
  pick(random, [
    undefined,
    'application/vnd.x.restic.rest.v2',
    'application/vnd.x.restic.rest.v1',
    '*/*',
    anyText(random),
  ]);

const bodyFor = (random: Random, known: Known): Body => {
  const bytes = pick(random, [
    known.bytes,
    known.bytes,
    known.bytes,
    known.bytes,
    pick(random, [...knownBytes]),
    Buffer.from(anyText(random)),
    Buffer.alloc(random(3000), 1),
  ]);
  const at = random(bytes.length + 1);
  const chunks = random(2) === 0 ? [bytes] : [bytes.subarray(0, at), bytes.subarray(at)];
  return random(20) === 0 ? { chunks: chunks.slice(0, 1), cut: true } : { chunks, cut: false };
};

const knownBytes: [Buffer, ...Buffer[]] = [Buffer.alloc(0), ...knownObjects.map(({ bytes }) => bytes)];

const lengthOf = (random: Random, { chunks }: Body): string | undefined => {
  const kind = random(10);
  if (kind === 0) return undefined;
  if (kind === 1) return number(random);
  return String(chunks.reduce((sum, { length }) => sum + length, 0));
};

const nothing: Body = { chunks: [], cut: false };

/** The next request: half of them are about nothing that there is, the others about objects, most of them nearly right. */
export const generate = (random: Random): Generated => {
  const isHostile = random(100) < 55;
  const [first] = knownObjects;
  const known = knownObjects[random(knownObjects.length)] ?? first ?? { path: '/config', bytes: Buffer.alloc(0) };
  const path = isHostile ? hostilePath(random) : random(150) === 0 ? listing(random) : nearPath(random, known);
  const method = random(isHostile ? 2 : 12) === 0 ? pick(random, methods) : pick(random, ordinary);
  const body = method === 'POST' || random(10) === 0 ? bodyFor(random, known) : nothing;
  return {
    method,
    path,
    accept: acceptOf(random),
    range: rangeOf(random),
    contentLength: lengthOf(random, body),
    body,
  };
};

/** A listing of data walks 256 folders, so there are few of them. */
const listing = (random: Random): string =>
  random(8) === 0 ? '/data/' : pick(random, ['/index/', '/keys/', '/locks/', '/snapshots/', '/', '/?create=true']);

/** The request as the receiver makes it of what came over the wire. */
export const asRequest = ({ body, ...rest }: Generated): Request => ({ ...rest, body: streamed(body) });

const streamed = async function* ({ chunks, cut }: Body): AsyncGenerator<Uint8Array> {
  yield* chunks;
  if (cut) throw new Error('the connection was cut');
};
