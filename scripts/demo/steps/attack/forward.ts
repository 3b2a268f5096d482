import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../../../free-port.ts';
import { settings } from '../../programs.ts';
import { quote } from '../../screen.ts';
import { expect } from '../../story.ts';
import { type Attacker, refused, stay } from './attacker.ts';

/** Every way ssh knows to reach through the receiver into the network behind it: -W, -L, -D, -R. Nobody arrives there. */
export const forwardPorts = async (attacker: Attacker): Promise<string> => {
  await using inside = await listen(attacker);
  const there = `127.0.0.1:${inside.port}`;
  const words = await refused(attacker, ['ssh', '-W', there, 'nas'], /administratively prohibited/);
  await tunnel(attacker, inside.port, (port) => ['-L', `${port}:${there}`], []);
  await tunnel(attacker, inside.port, (port) => ['-D', `127.0.0.1:${port}`], socks(inside.port));
  const options = ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', `0:${there}`];
  await refused(attacker, ['ssh', ...options, 'nas'], /remote port forwarding failed/);
  expect(inside.visitors() === 0, `${inside.visitors()} connections got through`);
  return `"${words}" by -W, -L, -D and -R; 0 got through`;
};

/** A program that listens on the loopback until its standard input ends, and says a line for its port and one for each visitor. */
const listener = `
const server = require('node:net').createServer((socket) => {
  console.log('visitor');
  socket.on('error', () => undefined).end('you got through\\n');
}).listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());`;

/** Something on the NAS that only listens locally: in a container, on the container's own loopback. It counts who gets there. */
const listen = async ({ stage, receiver }: Attacker) => {
  const words = ['-e', listener];
  const [program = '', ...rest] =
    receiver.mode === 'container' ? receiver.inside(['node', ...words]) : [process.execPath, ...words];
  const child = execa(program, rest, settings(stage));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await Promise.race([once(reader, 'line'), child]);
  const port = Number(lines[0]);
  expect(port > 0, 'nothing could be made to listen behind the receiver');
  const end = async (): Promise<void> => {
    child.stdin.end();
    await child;
  };
  return { port, visitors: () => lines.length - 1, [Symbol.asyncDispose]: end };
};

/** Opens a local port whose other end should be behind the receiver, and speaks into it. */
const tunnel = async (
  attacker: Attacker,
  inside: number,
  wordsFor: (port: number) => readonly string[],
  greeting: readonly (readonly number[])[],
): Promise<void> => {
  const port = await freePort();
  const ssh = stay(attacker, wordsFor(port));
  try {
    using socket = await connectTo(port);
    const closed = once(socket, 'close');
    let heard = '';
    socket.setEncoding('latin1').on('data', (text) => {
      heard += text;
    });
    for (const bytes of greeting) {
      socket.write(Buffer.from(bytes));
      await sleep(50);
    }
    await Promise.race([closed, sleep(10_000, undefined, { ref: false })]);
    expect(!heard.includes('you got through'), `port ${inside} behind the receiver was reached`);
  } finally {
    ssh.kill();
  }
  const { stderr } = await ssh;
  quote(stderr);
  expect(stderr.includes('administratively prohibited'), 'the tunnel failed, but not by a refusal');
};

/** SOCKS 5 (RFC 1928): no authentication, then a connection to a port of 127.0.0.1. */
const socks = (port: number): readonly (readonly number[])[] => [
  [5, 1, 0],
  [5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255],
];

const connectTo = async (port: number): Promise<Socket & Disposable> => {
  for (let tries = 0; ; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return Object.assign(
        socket.on('error', () => undefined),
        { [Symbol.dispose]: () => void socket.destroy() },
      );
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
};
