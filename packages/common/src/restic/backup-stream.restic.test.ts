import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../../../test/helpers/receiver.ts';
import { resticBinaries } from '../../../../test/helpers/restic.ts';
import type { Call } from './invoke.ts';
import { StreamCut } from './read-stream.ts';
import { openRestic, type Restic } from './restic.ts';

const program = new URL('testing/stream-child.ts', import.meta.url).pathname;
const request = { host: 'laptop', tags: ['db', 'db:shop'], filename: 'postgres-shop.dump' };
const piece = Buffer.alloc(65_536, 'a row\n');
const kill = (pid: number) => process.kill(pid, 'SIGKILL');

const workshop = async (binary: string) => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-stream-'));
  const at = (name: string) => join(directory, name);
  await writeFile(at('password'), 'correct horse\n', { mode: 0o600 });
  const it = await openRestic({
    ...{ binary, repository: at('repo'), passwordFile: at('password'), cacheDirectory: at('cache') },
    env: process.env,
  });
  await it.init();
  const filesOf = async () => {
    const listed = await it.snapshots({}, {});
    if (!('value' in listed)) throw new Error(listed.words.join('\n'));
    return listed.value.flatMap(({ paths }) => paths);
  };
  /** A restic that writes to a file what it says: no SIGPIPE tells it that nobody listens any more. */
  const quiet = async () => {
    const script = `#!/bin/sh\ncase "$*" in *backup*) exec ${binary} "$@" >${at('said')} 2>&1 ;; esac\nexec ${binary} "$@"\n`;
    await writeFile(at('quiet'), script, { mode: 0o755 });
    return at('quiet');
  };
  return {
    ...{ directory, at, it, filesOf, quiet },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

/** Writes for ever, as a big database. */
const endless = (it: Restic, call: Call & { readonly onStarted?: (pid: number) => Promise<void> }) =>
  it.backupStream(
    request,
    async (sink) => {
      for (;;) await sink.write(piece);
    },
    call,
  );

const runs = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Starts an agent, lets it write so much, and kills it where it cannot say a word more. The number is its restic's. */
const killedAgent = async (directory: string, binary: string, bytes: number, leash: 'leashed' | 'free') => {
  const child = spawn(process.execPath, [program, directory, binary, String(bytes), leash], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (line === 'written') break;
  }
  // restic may be behind; what it has not read yet is not lost with us.
  await sleep(300);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  return Number(said[0]?.split(' ')[1]);
};

for (const restic of await resticBinaries()) {
  const suite = 'path' in restic ? describe.concurrent : describe.skip;
  const binary = 'path' in restic ? restic.path : '';
  suite(`restic ${restic.release}${'missing' in restic ? ` (skipped: ${restic.missing})` : ''}`, {
    timeout: 120_000,
  }, () => {
    test('a stream that came to its good end is a snapshot, and is read back as it was', async () => {
      await using place = await workshop(binary);
      const seen: number[] = [];
      const made = await place.it.backupStream(
        request,
        async (sink) => {
          for (let count = 0; count < 100; count += 1) await sink.write(piece);
        },
        { onProgress: (bytes) => seen.push(bytes) },
      );
      const bytes = 100 * piece.byteLength;
      expect(made).toMatchObject({ kind: 'ok', value: { bytes, bytesProcessed: bytes, filesNew: 1 } });
      expect(seen.at(-1)).toBe(bytes);
      const listed = await place.it.snapshots({ host: 'laptop', tags: ['db'] }, {});
      expect(listed).toMatchObject({ value: [{ paths: ['/postgres-shop.dump'], tags: ['db', 'db:shop'] }] });
      let read = 0;
      for await (const chunk of place.it.readStream({ snapshot: 'latest', path: '/postgres-shop.dump' }, {})) {
        if (read % piece.byteLength === 0) expect(Buffer.from(chunk).subarray(0, 6).toString()).toBe('a row\n');
        read += chunk.byteLength;
      }
      expect(read).toBe(bytes);
    });

    test('names keep their commas and quotes, encoded as they are', async () => {
      await using place = await workshop(binary);
      const odd = { host: 'laptop', tags: ['db', 'db:shop/a%2C%22b%0A'], filename: 'postgres-a%2C%22b%0A.dump' };
      expect(await place.it.backupStream(odd, async (sink) => sink.write(piece), {})).toMatchObject({ kind: 'ok' });
      expect(await place.it.snapshots({}, {})).toMatchObject({
        value: [{ tags: odd.tags, paths: [`/${odd.filename}`] }],
      });
    });

    test('a producer that fails, at once or after megabytes, leaves no snapshot, and its own error is thrown', async () => {
      await using place = await workshop(binary);
      for (const pieces of [0, 1, 300]) {
        const failing = place.it.backupStream(
          request,
          async (sink) => {
            for (let count = 0; count < pieces; count += 1) await sink.write(piece);
            throw new Error('pg_dump ended with code 1');
          },
          {},
        );
        await expect(failing).rejects.toThrow('pg_dump ended with code 1');
      }
      expect(await place.filesOf()).toEqual([]);
    });

    test('a dump without a byte in it is a failure of its own', async () => {
      await using place = await workshop(binary);
      expect(await place.it.backupStream(request, async () => undefined, {})).toMatchObject({ kind: 'dump-empty' });
      expect(await place.filesOf()).toEqual([]);
    });

    test('cancelled or late, nothing is saved, and the producer ends too, also where it waits for its tool', async () => {
      await using place = await workshop(binary);
      const begun = new AbortController();
      const cancelled = endless(place.it, {
        signal: begun.signal,
        onStarted: async () => void setTimeout(() => begun.abort(), 1500),
      });
      expect(await cancelled).toMatchObject({ kind: 'cancelled' });
      expect(await endless(place.it, { deadlineMs: 1500 })).toMatchObject({ kind: 'deadline' });
      const waiting = place.it.backupStream(
        request,
        async (sink, signal) => {
          await sink.write(piece);
          await sleep(600_000, undefined, { signal });
        },
        { deadlineMs: 1500 },
      );
      expect(await waiting).toMatchObject({ kind: 'deadline' });
      expect(await place.filesOf()).toEqual([]);
    });

    test('a restic that is killed is the reason, not what the producer made of it', async () => {
      await using place = await workshop(binary);
      const ended = await endless(place.it, { onStarted: async (pid) => void setTimeout(kill, 1500, pid) });
      expect(ended).toMatchObject({ kind: 'failed', words: ['restic was killed by a signal'] });
      await place.it.unlock();
      expect(await place.filesOf()).toEqual([]);
    });

    test('what restic refuses is said by its name, however long the producer would go on', async () => {
      await using place = await workshop(binary);
      await writeFile(place.at('password'), 'wrong\n');
      expect(await endless(place.it, {})).toMatchObject({ kind: 'wrong-password' });
    });

    test('an agent that is killed with -9 leaves no snapshot, and with a leash no restic, wherever it was', async () => {
      await using place = await workshop(binary);
      const quiet = await place.quiet();
      for (const [bytes, leash] of [
        [1, 'free'],
        [3_000_000, 'free'],
        [3_000_000, 'leashed'],
      ] as const) {
        const pid = await killedAgent(place.directory, quiet, bytes, leash);
        const waits = restic.release === '0.14' && leash === 'free';
        if (waits) {
          // As `berth recover` ends it.
          await sleep(1000);
          expect(runs(pid)).toBe(true);
          process.kill(-pid, 'SIGKILL');
        }
        await eventually('restic is gone', 60_000, async () => !runs(pid));
        expect(await readFile(place.at('said'), 'utf8')).not.toContain('snapshot_id');
      }
      await place.it.unlock();
      expect(await place.filesOf()).toEqual([]);
      // The gate and its cat too.
      await eventually('nothing is left', 60_000, async () => (await usersOf(place.directory)).length === 0);
    });

    test('a stream that is read back rejects at its end where restic ended badly, and leaves no restic where it is left', async () => {
      await using place = await workshop(binary);
      await place.it.backupStream(
        request,
        async (sink) => {
          for (let count = 0; count < 200; count += 1) await sink.write(piece);
        },
        {},
      );
      const source = { snapshot: 'latest', path: '/postgres-shop.dump' };
      const readAll = async (path: string) => {
        for await (const _ of place.it.readStream({ ...source, path }, {}));
      };
      await expect(readAll('/other.dump')).rejects.toThrow(StreamCut);
      const cut = new AbortController();
      const reading = (async () => {
        for await (const _ of place.it.readStream(source, { signal: cut.signal })) cut.abort();
      })();
      await expect(reading).rejects.toMatchObject({ failed: { kind: 'cancelled' } });
      for await (const _ of place.it.readStream(source, {})) break;
      await eventually('nothing is left', 60_000, async () => (await usersOf(place.directory)).length === 0);
    });

    test('a folder with a part that could not be read is no snapshot where it is all or nothing', async () => {
      await using place = await workshop(binary);
      const paths = [place.at('password'), '/proc/self/mem'];
      const made = await place.it.backup({ paths, host: 'laptop', isAllOrNothing: true }, {});
      expect(made).toMatchObject({
        kind: 'failed',
        words: expect.arrayContaining([expect.stringMatching(/taken back$/)]),
      });
      expect(await place.filesOf()).toEqual([]);
    });
  });
}

/** Processes with this folder in their command line. */
const usersOf = async (directory: string): Promise<readonly string[]> => {
  const child = spawn('pgrep', ['-f', directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) if (Number(line) !== child.pid) lines.push(line);
  return lines;
};
