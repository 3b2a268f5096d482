import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { sendHttp } from './http-request.ts';

test('a long body to a slow server is waited for without more and more listeners', async () => {
  let received = 0;
  const server = createServer(async (request, response) => {
    for await (const chunk of request) {
      received += chunk.length;
      await new Promise(setImmediate);
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on('warning', hear);
  try {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let sent = 0; sent < 200; sent += 1) yield Buffer.alloc(128 * 1024);
    };
    const asked = { method: 'POST', origin: `http://127.0.0.1:${port}`, path: '/', headers: {}, ca: null };
    const body = { chunks: chunks(), type: 'application/octet-stream' };
    const answer = await sendHttp({ ...asked, body }, new AbortController().signal);
    expect(answer.statusCode).toBe(200);
    answer.resume();
    await once(answer, 'end');
    expect(received).toBe(200 * 128 * 1024);
    expect(warnings.map(({ message }) => message)).toEqual([]);
  } finally {
    process.off('warning', hear);
    server.close();
  }
});
