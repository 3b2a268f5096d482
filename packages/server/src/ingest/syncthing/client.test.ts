import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { deafPort, standIn } from '../../channels/testing.ts';
import { syncthingStateSchema } from '../facts.ts';
import { createSyncthing } from './client.ts';
import { exampleKey, fakeSyncthing } from './testing.ts';

const signal = new AbortController().signal;
const at = (url: string, change: { readonly key?: string; readonly certificate?: string; patienceMs?: number } = {}) =>
  createSyncthing({ url, key: exampleKey, certificate: null, ...change });
const trouble = (kind: string, more: object = {}) => ({ trouble: { kind, ...more } });

/** Asks one that answers so, whatever it is asked. */
const asked = async (answer: (response: ServerResponse) => unknown, patienceMs = 5000): Promise<unknown> => {
  await using fake = await fakeSyncthing();
  fake.facts.override = (_path, response) => {
    answer(response);
    return true;
  };
  return await at(fake.url, { patienceMs })
    .folder('phone-files', signal)
    .catch((error: unknown) => error);
};

test('the key is sent in its header, and nowhere else', async () => {
  await using server = await standIn(() => ({ status: 200, body: '{"version":"v2.0.10"}' }));
  await expect(at(server.url).version(signal)).resolves.toBe('v2.0.10');
  const [got] = server.got;
  expect(got?.headers['x-api-key']).toBe(exampleKey);
  expect(JSON.stringify({ ...got, headers: { ...got?.headers, 'x-api-key': '' } })).not.toContain(exampleKey);
});

test('an id of a folder can not leave its place in the path', async () => {
  await using fake = await fakeSyncthing();
  await expect(at(fake.url).folder('../system/status?x', signal)).resolves.toBeNull();
  expect(fake.asked).toEqual(['/config/folders/..%2Fsystem%2Fstatus%3Fx']);
});

describe('refused is told apart by what to do', () => {
  test.each([
    [401, 'Not Authorized\n', 'key'],
    [403, 'CSRF Error\n', 'key'],
    [403, 'Forbidden\n', 'key'],
    [403, 'Host check error\n', 'host-check'],
  ])('%i %s', async (status, body, why) => {
    const detail = expect.stringContaining(body.trim());
    await expect(asked((response) => response.writeHead(status).end(body))).resolves.toMatchObject(
      trouble('refused', { why, detail }),
    );
  });

  test('with whatever words, no more of them is said than the server takes', async () => {
    const error = await asked((response) => response.writeHead(401).end('\u{e0001}'.repeat(300)));
    const { trouble } = z.object({ trouble: syncthingStateSchema }).parse(error);
    expect(trouble).toMatchObject({ why: 'key', detail: expect.stringContaining('it answers with 401: \\u{e0001}') });
  });

  test('a key that no header can carry is sent to nobody', async () => {
    await using fake = await fakeSyncthing();
    const answer = at(fake.url, { key: 'two\nlines' }).version(signal);
    await expect(answer).rejects.toMatchObject(trouble('refused', { why: 'key' }));
    expect(fake.asked).toEqual([]);
  });
});

describe('down', () => {
  test('nobody listens', async () => {
    const answer = at(`http://127.0.0.1:${await deafPort()}`).version(signal);
    const detail = expect.stringMatching(/could not be reached \(ECONNREFUSED\)$/);
    await expect(answer).rejects.toMatchObject(trouble('down', { detail }));
  });

  test('an answer that does not come to its end in time', async () => {
    const dripping = asked((response) => response.write('{"paused":'), 50);
    await expect(dripping).resolves.toMatchObject(
      trouble('down', { detail: expect.stringContaining('did not answer') }),
    );
  });

  test('a proxy before it has lost it', async () => {
    const answer = asked((response) => response.writeHead(502).end('<html><h1>Bad\u001b[31m Gateway</h1></html>'));
    await expect(answer).resolves.toMatchObject(
      trouble('down', { detail: 'it answers with 502: Bad\\u{1b}[31m Gateway' }),
    );
  });
});

describe('nonsense', () => {
  test.each([
    ['no JSON', '<html>Welcome to nginx</html>', 'is no JSON'],
    ['other JSON', '{"paused":"perhaps"}', 'is not understood, at paused'],
    ['null', 'null', 'is not understood'],
    ['nothing', '', 'is no JSON'],
  ])('%s', async (_what, body, words) => {
    const answer = asked((response) => response.end(body));
    await expect(answer).resolves.toMatchObject(trouble('nonsense', { detail: expect.stringContaining(words) }));
  });

  test('an answer of 70 MiB, of which no more is taken than fits', async () => {
    const piece = Buffer.alloc(1024 ** 2, ' ');
    let sent = 0;
    const answer = asked(async (response) => {
      response.setMaxListeners(100);
      while (sent < 70 && !response.destroyed) {
        sent += 1;
        if (!response.write(piece))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      }
      response.end();
    });
    await expect(answer).resolves.toMatchObject(trouble('nonsense', { detail: expect.stringContaining('8 MiB') }));
    expect(sent).toBeLessThan(40);
  });

  test('one that sends us elsewhere is not followed', async () => {
    const answer = asked((response) => response.writeHead(307, { Location: 'https://nas:8384/rest?token=x' }).end());
    const detail = 'it answers with 307 and sends us to https://nas:8384/rest';
    await expect(answer).resolves.toMatchObject(trouble('nonsense', { detail }));
  });

  test('404 for what every Syncthing has', async () => {
    await using server = await standIn(() => ({ status: 404, body: 'Not found' }));
    await expect(at(server.url).system(signal)).rejects.toMatchObject(trouble('nonsense'));
  });
});

describe('with its own certificate', () => {
  const made = (name: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-certificate-'));
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, '-subj', `/CN=${name}`, ...files], { stdio: 'ignore' });
    const [key, cert] = ['key.pem', 'cert.pem'].map((file) => readFileSync(join(folder, file), 'utf8'));
    rmSync(folder, { recursive: true });
    return { key: key ?? '', cert: cert ?? '' };
  };
  const [syncthings, others] = [made('syncthing'), made('syncthing')];
  const secure = ({ url }: { readonly url: string }) => url.replace('http:', 'https:');
  const version = () => ({ status: 200, body: '{"version":"v1.19.2"}' });

  test('that very one is trusted, whatever name it holds', async () => {
    await using server = await standIn(version, syncthings);
    await expect(at(secure(server), { certificate: syncthings.cert }).version(signal)).resolves.toBe('v1.19.2');
  });

  test.each([
    ['another one of the same name', others.cert],
    ['none that is known', undefined],
    ['a file that holds none', 'nothing'],
  ])('%s is refused', async (_what, certificate) => {
    await using server = await standIn(version, syncthings);
    const answer = at(secure(server), certificate === undefined ? {} : { certificate }).version(signal);
    await expect(answer).rejects.toMatchObject(trouble('refused', { why: 'certificate' }));
    expect(server.got).toEqual([]);
  });

  test('one that speaks no TLS at all is not asked without it', async () => {
    await using server = await standIn(version);
    const answer = at(secure(server), { certificate: syncthings.cert }).version(signal);
    await expect(answer).rejects.toMatchObject(trouble('down', { detail: expect.stringContaining('(EPROTO)') }));
    expect(server.got).toEqual([]);
  });
});
