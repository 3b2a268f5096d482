import { expect, test } from 'vitest';
import { withReceiver } from './helpers/receiver.ts';
import { auditSsh } from './helpers/ssh-audit.ts';

test('ssh-audit finds nothing to warn of in our sshd, and a post-quantum key exchange', async () => {
  await using receiver = await withReceiver();
  const { exitCode, complaints, text } = await auditSsh(receiver.port);
  expect({ exitCode, complaints }).toEqual({ exitCode: 0, complaints: [] });
  // What it looked at is our sshd and not a closed port.
  expect(text).toMatch(/^\(gen\) banner: SSH-2\.0-OpenSSH_\d+\.\d+/m);
  expect(text).toMatch(/^\(kex\) (?:mlkem768x25519|sntrup761x25519)/m);
  expect(text).toMatch(/^\(kex\) kex-strict-s-v00@openssh\.com/m);
});
