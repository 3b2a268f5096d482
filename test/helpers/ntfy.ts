import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { deafPort } from '../../packages/server/src/channels/testing.ts';
import { fetchDebian } from '../../scripts/fetch-debian.ts';

/** A real ntfy on loopback, for as long as it is used. Everyone may use every topic but `closed`. */
export interface NtfyServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Lets in to `closed`. */
  readonly token: string;
  /** What a topic holds, oldest first, as a program that polls gets it. */
  readonly read: (topic: string) => Promise<readonly Record<string, unknown>[]>;
}

/** The ntfy of a Debian suite, fetched as restic is: 2.11 of Debian 13, and a newer one of what comes after it. */
export const ntfyServer = async (suite: 'trixie' | 'forky'): Promise<NtfyServer> => {
  const program = join(await fetchDebian(`ntfy-${suite}`, suite, ['ntfy']), 'usr/bin/ntfy');
  const folder = await mkdtemp(join(tmpdir(), 'berth-ntfy-'));
  const url = `http://127.0.0.1:${await deafPort()}`;
  const config = join(folder, 'server.yml');
  const settings = [
    ...[`listen-http: "${url.slice('http://'.length)}"`, `base-url: "${url}"`],
    ...[`cache-file: "${join(folder, 'cache.db')}"`, `auth-file: "${join(folder, 'users.db')}"`],
    ...['auth-default-access: "read-write"', 'log-level: "error"'],
  ];
  await writeFile(config, `${settings.join('\n')}\n`);
  const ntfy = (words: readonly string[]) =>
    execa(program, words, { timeout: 30_000, stdin: 'ignore', env: { NTFY_PASSWORD: 'a-password', HOME: folder } });

  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));

  // `user` and `access` want the database that `serve` makes.
  const child = execa(program, ['serve', '--config', config], {
    stdin: 'ignore',
    reject: false,
    env: { HOME: folder },
  });
  stack.defer(async () => {
    child.kill('SIGTERM', undefined);
    await child;
  });
  await untilHealthy(url, child);
  await ntfy(['user', '--config', config, 'add', 'berth']);
  await ntfy(['access', '--config', config, 'berth', 'closed', 'read-write']);
  await ntfy(['access', '--config', config, 'everyone', 'closed', 'deny']);
  const { stdout, stderr } = await ntfy(['token', '--config', config, 'add', 'berth']);
  const token = /tk_[a-z0-9]+/i.exec(`${stdout}${stderr}`)?.[0];
  if (token === undefined) throw new Error(`ntfy made no token: ${stdout}${stderr}`);

  const own = stack.move();
  return {
    ...{ url, token, [Symbol.asyncDispose]: () => own.disposeAsync() },
    read: async (topic) => {
      const answer = await fetch(`${url}/${topic}/json?poll=1`, { headers: { Authorization: `Bearer ${token}` } });
      const text = await answer.text();
      return text
        .trim()
        .split('\n')
        .filter(Boolean)
        .map((line): Record<string, unknown> => JSON.parse(line));
    },
  };
};

const untilHealthy = async (url: string, child: PromiseLike<{ readonly stderr?: unknown }>): Promise<void> => {
  const ended = Promise.resolve(child).then(({ stderr }) => {
    throw new Error(`ntfy ended: ${String(stderr)}`);
  });
  ended.catch(() => undefined);
  for (let tries = 0; tries < 100; tries += 1) {
    const isUp = await fetch(`${url}/v1/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await Promise.race([setTimeout(100), ended]);
  }
  throw new Error('ntfy did not come up within 10 s');
};
