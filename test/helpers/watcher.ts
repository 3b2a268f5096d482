import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncthingState } from '../../packages/server/src/ingest/facts.ts';
import { type FromWatcher, fromWatcherSchema, type ToWatcher } from '../../packages/server/src/ingest/watch/link.ts';
import { watcherFile } from './programs.ts';

/** The real program that watches phones, as the server starts it, but for its jail. */
export interface WatcherProgram extends AsyncDisposable {
  /** Whom to watch, all of them. */
  readonly tell: (phones: ToWatcher['phones']) => void;
  readonly said: readonly FromWatcher[];
  /** The newest state of a phone; undefined where none was said. */
  readonly state: (phone: string) => SyncthingState | undefined;
  /** Waits until that state is as it should be; rejects with what it was after a minute. */
  readonly until: (phone: string, isSo: (state: SyncthingState) => boolean) => Promise<SyncthingState>;
  /** How often it has said that a phone's files have changed. */
  readonly changes: (phone: string) => number;
  /** All of its log. */
  readonly log: () => string;
  /** Ends its input; resolves with its exit code. */
  readonly end: () => Promise<number | null>;
}

/** Starts it. */
export const startWatcher = (): WatcherProgram => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', watcherFile], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const said: FromWatcher[] = [];
  let log = '';
  createInterface({ input: child.stdout }).on('line', (line) => said.push(fromWatcherSchema.parse(JSON.parse(line))));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const closed = once(child, 'close');
  const state = (phone: string): SyncthingState | undefined =>
    said.flatMap((one) => (one.type === 'state' && one.phone === phone ? [one.state] : [])).at(-1);
  return {
    ...{ said, state, log: () => log },
    tell: (phones) => child.stdin.write(`${JSON.stringify({ type: 'phones', phones })}\n`),
    until: async (phone, isSo) => {
      for (let tries = 0; tries < 1200; tries += 1) {
        const now = state(phone);
        if (now !== undefined && isSo(now)) return now;
        await sleep(50);
      }
      throw new Error(`the newest state is another: ${JSON.stringify(state(phone))}\n${log}`);
    },
    changes: (phone) => said.filter((one) => one.type === 'changed' && one.phone === phone).length,
    end: async () => {
      child.stdin.end();
      await closed;
      return child.exitCode;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
};
