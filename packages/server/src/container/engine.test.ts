import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withEngine } from './engine.ts';

let folder = '';
const outside = process.env['DOCKER_HOST'];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'berth-engine-'));
  process.env['DOCKER_HOST'] = `unix://${folder}/docker.sock`;
});
afterEach(async () => {
  if (outside === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = outside;
  await rm(folder, { recursive: true });
});

/** An engine that answers so many questions with OK; with the next one it is gone, as is its socket when it `leaves`. */
const engineOf = async (answers: number, leaves: boolean) => {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (asked <= answers) response.end('OK');
    else {
      if (leaves) server.close();
      request.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve));
  return { [Symbol.asyncDispose]: async () => void server.close() };
};

test.each([
  ['hangs up', false],
  ['hangs up and takes its socket along', true],
])('an engine that %s halfway is one sentence, and what to do next', async (_, leaves) => {
  await using _engine = await engineOf(1, leaves);
  const attempt = withEngine('Then type it again.', async (docker) => {
    await docker.ping().catch((error: unknown) => {
      if (!leaves) throw error;
    });
    await docker.ping();
  });
  await expect(attempt).rejects.toMatchObject({
    code: 'engine-gone',
    message: 'The Docker engine went away before this was done.',
    remedy: 'Start it (systemctl start docker). Then type it again.',
  });
});

test('no engine at all is told apart, and so is a file of ours that is missing', async () => {
  await expect(withEngine('', async () => undefined)).rejects.toMatchObject({ code: 'no-engine' });
  await using _engine = await engineOf(1, false);
  const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' });
  await expect(withEngine('', () => Promise.reject(missing))).rejects.toBe(missing);
});
