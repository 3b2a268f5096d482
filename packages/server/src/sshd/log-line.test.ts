import { expect, test } from 'vitest';
import { parseSshdLine } from './log-line.ts';

const key = 'SHA256:IJGUj27klRLTDkW5zbLeOy1VLdeAQ2w4WXt1bpLTPOQ';

test.each([
  ['Server listening on :: port 2222.', { event: 'listening', address: '::', port: 2222 }],
  [
    `Accepted publickey for pc.lan from 192.0.2.7 port 40116 ssh2: ED25519 ${key}`,
    { event: 'accepted', account: 'pc.lan', address: '192.0.2.7', port: 40_116, key },
  ],
  [
    'Connection closed by authenticating user pc 192.0.2.7 port 40122 [preauth]',
    { event: 'refused', account: 'pc', address: '192.0.2.7', port: 40_122 },
  ],
  [
    'Disconnected from user pc 2001:db8::1 port 40116',
    { event: 'closed', account: 'pc', address: '2001:db8::1', port: 40_116 },
  ],
  ['Received signal 15; terminating.', { event: 'other', text: 'Received signal 15; terminating.' }],
])('%s', (line, expected) => {
  expect(parseSshdLine(line)).toEqual(expected);
});

test('a user name made to look like an address does not become one', () => {
  const forged = 'Connection closed by invalid user x 198.51.100.1 port 1 192.0.2.7 port 40122 [preauth]';
  expect(parseSshdLine(forged)).toMatchObject({ account: 'x 198.51.100.1 port 1', address: '192.0.2.7', port: 40_122 });
});
