import { once } from 'node:events';
import { createServer } from 'node:http';
import { readConditions } from '@berth/server/events/files.ts';
import { recordConditions } from '@berth/server/events/record.ts';
import { expect, test } from 'vitest';
import { eventually, withReceiver } from './helpers/receiver.ts';

test('a test that is delivered ends what was said of its channel, and what waited comes at once', async () => {
  let status = 401;
  const kinds: unknown[] = [];
  const service = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (status === 200) kinds.push(JSON.parse(Buffer.concat(chunks).toString('utf8')).code);
      response.writeHead(status).end();
    });
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const address = service.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using receiver = await withReceiver({ quick: true, start: false });
  const hook = `{ type: webhook, url: 'http://127.0.0.1:${port}/hook', allow_private: true }`;
  await receiver.writeConfig(`page: off\nchannels: { hook: ${hook} }\nsources: {}\n`);
  await receiver.start();
  const failing = () => readConditions(receiver.dataDir).some(({ key }) => key === 'channel-failing::hook');
  const about = { code: 'host-key-changed', source: null, subject: null, severity: 'critical' } as const;
  await recordConditions(
    receiver.dataDir,
    [{ raise: { ...about, text: 'It is another.', remedy: 'Look.' } }],
    Date.now(),
  );
  await eventually('the channel fails', 20_000, async () => failing());
  const tried = () => receiver.cli('alerts', 'test', 'hook', '--data', receiver.dataDir);
  expect(await tried()).toMatchObject({ exitCode: 1 });
  expect(failing()).toBe(true);

  status = 200;
  expect(await tried()).toMatchObject({ exitCode: 0, stdout: 'hook: delivered' });
  expect(failing()).toBe(false);
  await eventually('what waited is told', 10_000, async () => kinds.includes('host-key-changed'));
  service.closeAllConnections();
  service.close();
});
