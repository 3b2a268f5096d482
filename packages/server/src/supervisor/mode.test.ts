import { expect, test } from 'vitest';
import { hasSysAdmin } from './mode.ts';
import { programAt } from './program.ts';

test('CAP_SYS_ADMIN is bit 21 of the effective capabilities', () => {
  expect(hasSysAdmin('CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n')).toBe(true);
  // What Docker gives a container by default.
  expect(hasSysAdmin('CapEff:\t00000000a80425fb\n')).toBe(false);
  expect(hasSysAdmin('CapPrm:\t000001ffffffffff\n')).toBe(false);
});

test('the program is found in a clone and beside its bundle', () => {
  expect(programAt('/c/packages/server/src/supervisor/program.ts', '/n')).toMatchObject({
    root: '/c',
    cli: '/c/packages/server/src/cli.ts',
    session: '/c/packages/server/src/session/main.ts',
    coordinator: '/c/packages/server/src/coordinator/main.ts',
  });
  expect(programAt('/opt/berth/berth-server.mjs', '/n')).toMatchObject({
    root: '/opt/berth',
    session: '/opt/berth/session.mjs',
    coordinator: '/opt/berth/coordinator.mjs',
  });
});
