import { expect, test } from 'vitest';
import { containerOf } from './inspect.ts';

const told = (networkMode: string, networks: Readonly<Record<string, { readonly IPAddress: string }>>) => ({
  ...{ Id: 'abc', Name: '/shop-db-1', State: { Status: 'running' }, Config: {}, Mounts: [] },
  ...{ HostConfig: { NetworkMode: networkMode }, NetworkSettings: { Networks: networks, Ports: {} } },
});

test('a container with this machine’s own network is reached where this machine is, any other at its own address', () => {
  expect(containerOf(told('host', { host: { IPAddress: '' } })).addresses).toEqual(['127.0.0.1']);
  expect(containerOf(told('shop', { shop: { IPAddress: '172.18.0.2' } })).addresses).toEqual(['172.18.0.2']);
  expect(containerOf(told('none', { none: { IPAddress: '' } })).addresses).toEqual([]);
});
