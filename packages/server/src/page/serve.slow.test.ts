import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { servePage } from './serve.ts';
import { exampleFacts } from './testing.ts';

const settings = { address: '127.0.0.1', port: 0, hosts: [], password: null, proxy: null };

test('who sends a request a letter at a time is let go, and holds up nobody meanwhile', async () => {
  const page = await servePage(exampleFacts(), settings, pino({ level: 'silent' }));
  const port = Number(new URL(page.url).port);
  const started = performance.now();
  const slow = Array.from({ length: 50 }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const dripping = setInterval(() => socket.write('a'), 500);
    return new Promise<number>((resolve) => {
      socket.on('close', () => {
        clearInterval(dripping);
        resolve(performance.now() - started);
      });
      socket.resume();
    });
  });
  expect((await fetch(page.url)).status).toBe(200);
  const lasted = await Promise.all(slow);
  expect(Math.max(...lasted)).toBeLessThan(20_000);
  expect((await fetch(page.url)).status).toBe(200);
  await page.close();
}, 40_000);
