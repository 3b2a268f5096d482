import { expect, test } from 'vitest';
import { attemptsOf } from './attempts.ts';
import { doorOf } from './who.ts';

const password = 'correct horse: battery';
const proxy = { header: 'Remote-User', from: ['10.1.0.0/16', '::1', '2001:db8::/32'] };
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const door = (settings: Parameters<typeof doorOf>[0]) => {
  const knock = doorOf(
    settings,
    attemptsOf(() => 0),
  );
  return (address: string, headers: Readonly<Record<string, string>> = {}) =>
    knock({ address, header: (name) => headers[name.toLowerCase()] }).kind;
};

test('nobody is asked where sources.yaml asks nobody', () => {
  expect(door({ password: null, proxy: null })('192.0.2.1')).toBe('in');
});

test('the password opens, with any user name, and with colons in it', () => {
  const knock = door({ password, proxy: null });
  expect(knock('192.0.2.1')).toBe('ask');
  expect(knock('192.0.2.1', { authorization: basic(`admin:${password}`) })).toBe('in');
  expect(knock('192.0.2.1', { authorization: basic(`:${password}`) })).toBe('in');
  for (const pair of ['admin:', 'admin:correct horse', `admin:${password} `, password, ''])
    expect([pair, knock(`198.51.100.${pair.length}`, { authorization: basic(pair) })]).toEqual([pair, 'ask']);
  expect(knock('192.0.2.1', { authorization: `Bearer ${password}` })).toBe('ask');
});

test('after wrong ones even the right one waits', () => {
  const knock = door({ password, proxy: null });
  for (let index = 0; index < 5; index += 1) expect(knock('192.0.2.1', { authorization: basic('a:b') })).toBe('ask');
  expect(knock('192.0.2.1', { authorization: basic(`a:${password}`) })).toBe('wait');
  expect(knock('192.0.2.2', { authorization: basic(`a:${password}`) })).toBe('in');
});

test('the header counts from the proxy’s addresses only', () => {
  const knock = door({ password: null, proxy });
  const named = { 'remote-user': 'somebody' };
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '::1', '2001:db8::7']) expect(knock(address, named)).toBe('in');
  for (const address of ['10.2.0.1', '::ffff:10.2.0.1', '127.0.0.1', '2001:db9::1', '', 'nonsense'])
    expect([address, knock(address, named)]).toEqual([address, 'refused']);
  expect(knock('10.1.2.3')).toBe('refused');
  expect(knock('10.1.2.3', { 'remote-user': '  ' })).toBe('refused');
});

test('with both, whoever the proxy does not name is asked', () => {
  const knock = door({ password, proxy });
  expect(knock('10.1.2.3', { 'remote-user': 'somebody' })).toBe('in');
  expect(knock('10.1.2.3')).toBe('ask');
  expect(knock('10.2.0.1', { 'remote-user': 'somebody' })).toBe('ask');
});

test('an address that is none is refused, not taken for anybody', () => {
  for (const from of ['nas.lan', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', '::/129', ''])
    expect(() => door({ password: null, proxy: { header: 'X', from: [from] } })).toThrow('can not come from');
});
