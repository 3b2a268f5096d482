import { expect, test } from 'vitest';
import { isOurHost } from './hosts.ts';

const names = ['berth.example.org', 'NAS.lan:8480'];

test('loopback, numeric addresses and the names of sources.yaml are ours, with any port', () => {
  for (const host of ['localhost', 'localhost:8480', '127.0.0.1:8480', '[::1]:8480', '192.168.1.5', 'nas.lan'])
    expect([host, isOurHost(host, names)]).toEqual([host, true]);
  for (const host of ['berth.example.org', 'BERTH.example.org:443', 'berth.example.org.'])
    expect([host, isOurHost(host, names)]).toEqual([host, true]);
});

test('a name that a web site pointed here is not', () => {
  for (const host of ['evil.example', 'berth.example.org.evil.example', 'localhost.evil.example', 'xberth.example.org'])
    expect([host, isOurHost(host, names)]).toEqual([host, false]);
  for (const host of [
    undefined,
    '',
    ':8480',
    'a b',
    'berth.example.org@evil.example',
    '[::1',
    '127.0.0.1.evil.example',
  ])
    expect([host, isOurHost(host, names)]).toEqual([host, false]);
});
