import { expect, test } from 'vitest';
import { startOrder, stopOrder } from './order.ts';
import { composed, someContainer } from './testing.ts';

const names = (containers: readonly { readonly name: string }[]): readonly string[] =>
  containers.map(({ name }) => name);

test('what others need starts first and stops last, whatever they are called', () => {
  const shop = [
    composed('shop', 'app', ['db:healthy', 'cache']),
    composed('shop', 'cache'),
    composed('shop', 'db'),
    composed('shop', 'web', ['app']),
  ];
  expect(names(startOrder(shop))).toEqual(['shop-cache-1', 'shop-db-1', 'shop-app-1', 'shop-web-1']);
  expect(names(stopOrder(shop))).toEqual(['shop-web-1', 'shop-app-1', 'shop-db-1', 'shop-cache-1']);
});

test('services of another project with the same names are no dependencies', () => {
  const two = [composed('a', 'app', ['db']), composed('b', 'db', []), composed('a', 'db')];
  expect(names(startOrder(two))).toEqual(['a-db-1', 'b-db-1', 'a-app-1']);
});

test('those that need each other in a circle come by name, and nothing is left out', () => {
  const circle = [
    composed('shop', 'c', ['a']),
    composed('shop', 'b', ['c']),
    composed('shop', 'a', ['b']),
    composed('shop', 'web', ['c']),
  ];
  expect(names(startOrder(circle))).toEqual(['shop-a-1', 'shop-c-1', 'shop-b-1', 'shop-web-1']);
});

test('one that lives in the network of another starts after it', () => {
  const vpn = someContainer('vpn');
  const shared = [someContainer('a-client', { joins: [vpn.id] }), vpn];
  expect(names(startOrder(shared))).toEqual(['vpn', 'a-client']);
});
