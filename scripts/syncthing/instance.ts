import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from '../free-port.ts';
import { quietConfig } from './settings.ts';

/** A request to its programming interface: the path from `/rest` on. Rejects with what it answered where that is no success. */
export type Api = (path: string, request?: { readonly method?: string; readonly body?: unknown }) => Promise<unknown>;

/** A real Syncthing on loopback that knows nobody yet. */
export interface Instance extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Of its programming interface. */
  readonly key: string;
  readonly deviceId: string;
  /** Its settings, keys and index. */
  readonly home: string;
  /** `tcp://127.0.0.1:PORT`, for others of its kind. */
  readonly address: string;
  readonly api: Api;
  /** SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  readonly stop: () => Promise<void>;
  /** Starts it again where it does not run; resolves when it answers. */
  readonly start: () => Promise<void>;
  /** Ends it and starts it again. */
  readonly restart: () => Promise<void>;
  /** What it has said so far. */
  readonly log: () => string;
}

export interface InstanceOptions {
  readonly program: string;
  /** An empty folder's path; it is made. */
  readonly home: string;
  /** Whom it runs as; null: as we do. Its home is made to be theirs. */
  readonly uid?: number | null;
  readonly key: string;
}

/** Makes one and starts it. The words are those of 1.x. */
export const startInstance = async ({ program, home, uid = null, key }: InstanceOptions): Promise<Instance> => {
  const identity = uid === null ? {} : { uid, gid: uid };
  // As if watched already, it is one process, where it would start a second one and only watch that.
  const quiet = { STNODEFAULTFOLDER: '1', STNOUPGRADE: '1', STNORESTART: '1', STMONITORED: 'yes' };
  const env = { PATH: '/usr/bin:/bin', HOME: home, ...quiet };
  const own = { env, extendEnv: false, stdin: 'ignore', timeout: 60_000, ...identity } as const;
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (uid !== null) await chown(home, uid, uid);
  await execa(program, ['generate', '--home', home, '--no-default-folder', '--skip-port-probing'], own);
  const [port, guiPort] = [await freePort(), await freePort()];
  const config = join(home, 'config.xml');
  const generated = await readFile(config, 'utf8');
  await writeFile(config, quietConfig(generated, { port, guiPort }));
  // It knows nobody yet but itself.
  const deviceId = /<device id="([A-Z2-7-]+)"/.exec(generated)?.[1] ?? '';

  const url = `http://127.0.0.1:${guiPort}`;
  const api = apiOf(url, key);
  const words = ['serve', '--home', home, '--no-browser', '--no-restart', '--no-upgrade', '--logfile=-'];
  let child: ChildProcess | null = null;
  let log = '';
  const start = async (): Promise<void> => {
    if (child !== null) return;
    const started = spawn(program, [...words, `--gui-address=127.0.0.1:${guiPort}`, `--gui-apikey=${key}`], {
      ...{ env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], ...identity },
    });
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log = `${log}${text}`.slice(-200_000);
      });
    }
    started.on('close', () => {
      if (child === started) child = null;
    });
    child = started;
    await untilAnswers(
      api,
      () => child === started,
      () => log,
    );
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = child;
    if (ending === null) return;
    const closed = once(ending, 'close');
    ending.kill(signal);
    const late = setTimeout(() => ending.kill('SIGKILL'), 15_000);
    await closed.finally(() => clearTimeout(late));
  };
  const kill = () => end('SIGKILL');
  const stop = () => end('SIGTERM');
  await start().catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return {
    ...{ url, key, deviceId, home, address: `tcp://127.0.0.1:${port}`, api, kill, stop, start },
    restart: async () => {
      await stop();
      await start();
    },
    log: () => log,
    [Symbol.asyncDispose]: kill,
  };
};

const apiOf =
  (url: string, key: string): Api =>
  async (path, { method = 'GET', body } = {}) => {
    const answer = await fetch(`${url}/rest${path}`, {
      ...{ method, headers: { 'X-API-Key': key }, signal: AbortSignal.timeout(60_000) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Syncthing answers ${method} ${path} with ${answer.status}: ${text.trim()}`);
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };

const untilAnswers = async (api: Api, isRunning: () => boolean, log: () => string): Promise<void> => {
  for (let tries = 0; tries < 600; tries += 1) {
    if (!isRunning()) throw new Error(`Syncthing ended: ${log()}`);
    const isUp = await api('/system/status').then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error(`Syncthing did not answer within a minute: ${log()}`);
};
