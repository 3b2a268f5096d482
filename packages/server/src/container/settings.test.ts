import { expect, test } from 'vitest';
import { containerOptions, fingerprintOf, pagePortOf, type Wishes } from './settings.ts';

const wishes: Wishes = {
  ...{ image: 'berth', name: 'berth', configDir: '/config', dataDir: '/data', port: 2223, address: null },
  ...{ pagePort: null, memoryBytes: 1, restart: 'always' },
};

test('the page is reached from outside only where sources.yaml has it listen on more than loopback', () => {
  expect(pagePortOf({ address: '127.0.0.1', port: 8480 })).toBeNull();
  expect(pagePortOf({ address: '::1', port: 8480 })).toBeNull();
  expect(pagePortOf(null)).toBeNull();
  expect(pagePortOf({ address: '0.0.0.0', port: 8480 })).toBe(8480);
  expect(pagePortOf({ address: '::', port: 8080 })).toBe(8080);
});

test('its port is published beside that of sshd, and a container without it is as it was', () => {
  const without = containerOptions(wishes);
  expect(without.HostConfig?.PortBindings).toEqual({ '2222/tcp': [{ HostIp: '', HostPort: '2223' }] });
  const both = containerOptions({ ...wishes, address: '192.0.2.1', pagePort: 8480 });
  expect(both.HostConfig?.PortBindings).toEqual({
    '2222/tcp': [{ HostIp: '192.0.2.1', HostPort: '2223' }],
    '8480/tcp': [{ HostIp: '192.0.2.1', HostPort: '8480' }],
  });
  expect(both.ExposedPorts).toEqual({ '2222/tcp': {}, '8480/tcp': {} });
  expect(fingerprintOf(both, 'image')).not.toBe(fingerprintOf(without, 'image'));
});
