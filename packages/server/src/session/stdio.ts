import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Standard input and output as one connection. sshd gives a session one socket for both, which Node then drives
 * without a copy through JavaScript streams; anything else is joined from the two.
 */
export const stdioConnection = (): Duplex => {
  const input = fstatSync(0);
  const output = fstatSync(1);
  if (input.isSocket() && input.ino === output.ino && input.dev === output.dev) {
    return new Socket({ fd: 0, readable: true, writable: true });
  }
  return Duplex.from({ readable: process.stdin, writable: process.stdout });
};
