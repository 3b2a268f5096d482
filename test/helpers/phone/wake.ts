import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import {
  type BackupArguments,
  type BackupProgress,
  type BackupResult,
  backupProgressSchema,
  backupResultSchema,
  type ToBackup,
} from '@berth/server/ingest/backup/arguments.ts';
import { formatSessionArguments, sourceDirectory } from '@berth/server/session/arguments.ts';
import { sourceFolders } from '@berth/server/store/layout.ts';
import { openDoor } from '@berth/server/supervisor/phones/door.ts';
import { pino } from 'pino';
import { z } from 'zod';
import { dialFile, ingestFile, sessionFile } from '../programs.ts';

const name = 'lisa-phone';
const line = z.union([
  z.object({ progress: backupProgressSchema }),
  z.object({ result: backupResultSchema }),
  z.object({ problem: z.object({ code: z.string(), happened: z.string(), remedy: z.string() }) }),
]);

/** What a wake of a phone's backup came to. */
export interface Woken {
  readonly result: BackupResult | null;
  /** The code and sentence of its Problem. */
  readonly problem: { readonly code: string; readonly happened: string } | null;
  readonly progress: readonly BackupProgress[];
  readonly stderr: string;
}

/**
 * A phone's backup without a server: its folder, its store with a door before it, and the program that is woken, all as this user; with
 * `uid` the folder, the program's home and the door are that one's.
 */
export const withPhoneBackup = async ({
  restic,
  uid = null,
}: {
  readonly restic: string;
  readonly uid?: number | null;
}) => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-phone-'));
  const ingest = join(directory, 'ingest');
  const home = join(directory, 'agent');
  const data = join(directory, 'data');
  const store = sourceDirectory(data, name);
  await mkdir(join(ingest, '.stfolder'), { recursive: true });
  await mkdir(home);
  for (const folder of sourceFolders) await mkdir(join(store, folder), { recursive: true });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'correct horse\n', { mode: 0o600 });
  const sockets = { receiveSocket: join(directory, 'receive.sock'), controlSocket: join(directory, 'api.sock') };
  const session = formatSessionArguments({
    ...{ source: name, key: 'none', dataDir: data, controlSocket: sockets.controlSocket },
    ...{ quotaBytes: null, floorBytes: null },
  });
  const environment = { PATH: process.env['PATH'] ?? '', SSH_ORIGINAL_COMMAND: 'receive' };
  const command = [process.execPath, sessionFile, ...session];
  const log = pino({ level: 'silent' });
  const door = await openDoor({ socket: sockets.receiveSocket, uid, command, environment, log });
  if (uid !== null) {
    for (const path of [ingest, join(ingest, '.stfolder'), home, passwordFile]) await chown(path, uid, uid);
    await chmod(directory, 0o755);
  }
  const args: BackupArguments = {
    ...{ name, ingest, marker: '.stfolder', home, passwordFile, ...sockets, restic },
    ...{ dial: [process.execPath, dialFile], exclude: [], settleMs: 60_000, isNow: true, timeZone: 'UTC' },
  };

  /** Starts the program; `wrap` are words before its own, such as those of a jail. */
  const start = (change: Partial<BackupArguments>, wrap: readonly string[] = [], node: readonly string[] = []) => {
    const words = [
      'backup',
      '--source',
      name,
      '--directory',
      dirname(home),
      '--args',
      JSON.stringify({ ...args, ...change }),
    ];
    const [file = '', ...rest] = [...wrap, process.execPath, ...node, ingestFile, ...words];
    const child = spawn(file, rest, { cwd: '/', env: { PATH: '/usr/bin:/bin' }, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined);
    return child;
  };
  /** Wakes it, tells it `told`, and waits for its end. `during` gets each thing it says while it runs. */
  const wake = async (
    change: Partial<BackupArguments> = {},
    {
      told = [{ quiet: true }],
      during = () => undefined,
      wrap,
      node,
    }: {
      readonly told?: readonly ToBackup[];
      readonly during?: (progress: BackupProgress, tell: (line: ToBackup) => void, child: ChildProcess) => void;
      readonly wrap?: readonly string[];
      readonly node?: readonly string[];
    } = {},
  ): Promise<Woken> => {
    const child = start(change, wrap, node);
    const ended = once(child, 'close');
    const tell = (line: ToBackup): void => void child.stdin.write(`${JSON.stringify(line)}\n`);
    for (const line of told) tell(line);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const progress: BackupProgress[] = [];
    const woken: { result: BackupResult | null; problem: Woken['problem'] } = { result: null, problem: null };
    for await (const text of createInterface({ input: child.stdout })) {
      const said = line.parse(parseJson(text));
      if ('result' in said) woken.result = said.result;
      else if ('problem' in said) woken.problem = said.problem;
      else {
        progress.push(said.progress);
        during(said.progress, tell, child);
        // Nothing here mends itself, and a run tries for an hour.
        if (said.progress.type === 'retry') child.kill('SIGTERM');
      }
    }
    await ended;
    return { ...woken, progress, stderr };
  };
  /** Its reports on its own disk, oldest first. */
  const reports = async (): Promise<readonly Report[]> => {
    const folder = join(home, 'state/reports');
    const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json')).toSorted();
    return Promise.all(
      files.map(async (file) => reportSchema.parse(parseJson(await readFile(join(folder, file), 'utf8')))),
    );
  };
  return {
    ...{ name, directory, ingest, home, store, args, door, wake, reports },
    /** The repository as plain restic sees it. */
    repository: { restic, repository: join(store, 'repo'), passwordFile },
    put: async (path: string, content: string | Uint8Array = path) => {
      await mkdir(dirname(join(ingest, path)), { recursive: true });
      await writeFile(join(ingest, path), content);
    },
    [Symbol.asyncDispose]: async () => {
      await door[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** Such a phone. */
export type PhoneBackup = Awaited<ReturnType<typeof withPhoneBackup>>;
