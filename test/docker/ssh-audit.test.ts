import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditSsh } from '../helpers/ssh-audit.ts';
import { withContainer } from './container.ts';
import { prepareDocker, prepareWithinMs } from './images.ts';

let engine: AsyncDisposable;
beforeAll(async () => {
  engine = await prepareDocker();
}, prepareWithinMs);
afterAll(() => engine[Symbol.asyncDispose]());

test('ssh-audit finds nothing to warn of in the container’s OpenSSH 10', async () => {
  await using container = await withContainer();
  const { exitCode, complaints, text } = await auditSsh(container.port);
  expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: [] });
  expect(text).toMatch(/^\(gen\) banner: SSH-2\.0-OpenSSH_1\d/m);
  expect(text).toMatch(/^\(kex\) mlkem768x25519-sha256/m);
});
