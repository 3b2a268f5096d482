import { expect, test } from 'vitest';
import { gateFor } from './gate.ts';

const version = (minor: number) => ({ major: 0, minor, patch: 0, text: `0.${minor}.0` });

test('restic waits for a command’s word from 0.17 on, and holds its own input before', async () => {
  using held = await gateFor(version(16), 'linux');
  expect(held.args).toEqual(['--stdin']);
  expect(held.streams.more).toHaveLength(1);
  using command = await gateFor(version(17), 'linux');
  expect(command.args.slice(0, 3)).toEqual(['--stdin-from-command', '--', '/bin/sh']);
  expect(command.streams).toEqual({ more: ['pipe', 'pipe'] });
});

test('where neither can be, nothing is streamed', async () => {
  await expect(gateFor(version(18), 'win32')).rejects.toMatchObject({ code: 'not-supported' });
});
