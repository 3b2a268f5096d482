import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createExchange } from './exchange.ts';

test('many questions go over one socket of the system, one after the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-exchange-'));
  const path = join(folder, 'api.sock');
  let connections = 0;
  const server = createServer((asked, response) => response.end(JSON.stringify({ path: asked.url })));
  server.on('connection', () => {
    connections += 1;
  });
  try {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const socket = connect({ path });
    const exchange = createExchange(socket);
    for (const index of [1, 2, 3]) {
      const answer = await exchange({ method: 'GET', path: `/${index}`, deadlineMs: 10_000 });
      expect(answer).toEqual({ status: 200, body: { path: `/${index}` } });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(connections).toBe(1);
    socket.destroy();
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
