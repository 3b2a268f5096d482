import { expect, test } from 'vitest';
import { requireSocketPath } from './socket-path.ts';

test('a path that no socket can have is refused, with its length in bytes', () => {
  const path = `/${'x'.repeat(95)}/receive.soc`;
  expect(path).toHaveLength(108);
  requireSocketPath(path.slice(1));
  expect(() => requireSocketPath(path)).toThrow(expect.objectContaining({ code: 'socket-path' }));
  expect(() => requireSocketPath(`/${'ä'.repeat(60)}`)).toThrow('has 121');
});
