import { expect, test } from 'vitest';
import { formatDestination, parseDestination } from './destination.ts';

test.for([
  ['nas.lan', 'me@nas.lan:2222'],
  ['nas.lan:22', 'me@nas.lan:22'],
  ['backup@192.168.1.5:2022', 'backup@192.168.1.5:2022'],
  ['[fd00::5]:2200', 'me@[fd00::5]:2200'],
  ['[fd00::5]', 'me@[fd00::5]:2222'],
  ['fd00::5', 'me@[fd00::5]:2222'],
  ['BÜRO.example', 'me@xn--bro-hoa.example:2222'],
  ['my_nas', 'me@my_nas:2222'],
])('%s is %s', ([text, written]) => {
  const destination = parseDestination(text ?? '', 'me');
  expect(formatDestination(destination)).toBe(written);
  expect(parseDestination(written ?? '', 'other')).toEqual(destination);
});

test.for([
  '',
  '-oProxyCommand=x',
  'user@-oProxyCommand=x',
  '-l@host',
  'a b',
  'host;ls',
  'host:0',
  'host:65536',
  'host:22x',
  'fd00::5:port:x',
  '[fd00::5',
  'host%h',
  '@host',
  'user@',
  'a"b@host',
])('%j is refused with what to write instead', (text) => {
  expect(() => parseDestination(text, 'me')).toThrow(expect.objectContaining({ code: 'destination' }));
});
