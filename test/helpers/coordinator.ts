import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noPolicy } from '@berth/common/control/policy.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import type { Report } from '@berth/common/report.ts';
import {
  type FromCoordinator,
  fromCoordinatorSchema,
  type LinkedSource,
  type ToCoordinator,
} from '@berth/server/coordinator/link.ts';
import { socketFile, socketFolder } from '@berth/server/coordinator/paths.ts';
import { execa } from 'execa';
import { repository } from './receiver.ts';

const program = join(repository, 'packages/server/src/coordinator/main.ts');

/** A source that runs daily at any hour; say what differs. */
export const linked = (name: string, change: Partial<LinkedSource> = {}): LinkedSource => ({
  ...{ name, uid: 1000, everyMs: 86_400_000, window: null, overdueAfterMs: 2 * 86_400_000, quotaBytes: null },
  ...{ policy: noPolicy, hasAgent: true, isPhone: false, ...change },
});

/** What a coordinator is to put in force. */
export const configOf = (
  sources: readonly LinkedSource[],
  change: { readonly concurrency?: number; readonly timeZone?: string } = {},
): Extract<ToCoordinator, { type: 'config' }> => ({
  ...{ type: 'config', concurrency: 2, timeZone: 'UTC', ...change },
  sources: [...sources],
});

/** A coordinator as its own process, with nothing around it. */
export interface RunningCoordinator {
  readonly pid: number;
  /** What it has said so far. */
  readonly said: readonly FromCoordinator[];
  readonly log: () => string;
  readonly tell: (message: ToCoordinator) => void;
  /** Makes the folders of the sockets, puts `sources` in force, and resolves when their sockets listen. */
  readonly apply: (config: Extract<ToCoordinator, { type: 'config' }>) => Promise<void>;
  /** kill -9. */
  readonly kill: () => Promise<void>;
  /** Ends its standard input, and resolves with its exit code. */
  readonly end: () => Promise<number | undefined>;
}

/** Folders of a coordinator: a data directory (its state is in `coordinator` below it) and one for sockets. */
export const coordinatorFolders = (): { readonly data: string; readonly control: string } & AsyncDisposable => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-c-'));
  const [data, control] = [join(directory, 'data'), join(directory, 'control')];
  for (const folder of [data, control]) mkdirSync(folder);
  return { data, control, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
};

/** Starts one on these folders, which it may find as another left them. */
export const startCoordinator = (
  { data, control }: { readonly data: string; readonly control: string },
  options: { readonly logLevel?: string; readonly wrap?: readonly string[] } = {},
): RunningCoordinator => {
  const [file = '', ...words] = [...(options.wrap ?? []), process.execPath, program];
  const child = execa(file, [...words, '--state', join(data, 'coordinator'), '--control', control], {
    ...{ reject: false, stdin: 'pipe', buffer: false },
    env: { BERTH_LOG_LEVEL: options.logLevel ?? 'info' },
  });
  const said: FromCoordinator[] = [];
  const waiting = new Set<() => void>();
  let log = '';
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-200_000);
  });
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines.map((line) => fromCoordinatorSchema.parse(parseJson(line))));
    for (const look of waiting) look();
  });
  // A write to one that was killed is no news.
  child.stdin.on('error', () => undefined);
  const tell = (message: ToCoordinator): void => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  const applied = (): number => said.filter(({ type }) => type === 'applied').length;
  return {
    pid: child.pid ?? 0,
    said,
    log: () => log,
    tell,
    apply: (config) => {
      for (const { name, hasAgent } of config.sources) {
        if (hasAgent) mkdirSync(socketFolder(control, name), { recursive: true });
      }
      const before = applied();
      return new Promise((resolve, reject) => {
        const look = (): void => {
          if (applied() > before) resolve();
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        void child.then(() => reject(new Error(`the coordinator ended: ${log.slice(-2000)}`)));
        tell(config);
      });
    },
    kill: async () => {
      child.kill('SIGKILL');
      await child;
    },
    end: async () => {
      child.stdin.end();
      return (await child).exitCode;
    },
  };
};

/** A coordinator for `sources`, alone, in folders of its own; both are gone afterwards. */
export const withCoordinator = async <Result>(
  sources: readonly LinkedSource[],
  work: (coordinator: RunningCoordinator & { readonly data: string; readonly control: string }) => Promise<Result>,
  change: { readonly concurrency?: number; readonly timeZone?: string } = {},
): Promise<Result> => {
  await using folders = coordinatorFolders();
  const coordinator = startCoordinator(folders);
  try {
    await coordinator.apply(configOf(sources, change));
    return await work({ ...coordinator, ...folders });
  } finally {
    await coordinator.kill();
  }
};

/** What a request was answered. */
export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Speaks to a source's socket. Rejects when nobody listens or the answer does not come. */
export const ask = (
  control: string,
  source: string,
  method: string,
  path: string,
  body?: unknown,
  agent?: Agent,
): Promise<ControlAnswer> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const asked = request(
      {
        ...{ socketPath: socketFile(control, source), method, path, timeout: 30_000 },
        ...(agent !== undefined && { agent }),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, body: parseJson(answer) });
        });
      },
    );
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.end(text);
  });

/** A report of a run that went well; say what differs. Its times are around now. */
export const reportOf = (change: Partial<Report> = {}): Report => {
  const now = Date.now();
  return {
    ...{ version: 1, run: randomUUID(), source: null },
    versions: { berth: '0.1.0', restic: '0.18.0', node: '24.0.0', system: 'linux x64' },
    ...{ startedAt: new Date(now - 60_000).toISOString(), endedAt: new Date(now).toISOString() },
    ...{ outcome: 'ok', reason: null, message: null, remedy: null, attempts: 1, dryRun: false, snapshot: 'ab12cd34' },
    steps: [],
    ...{ dumps: [], stepsLeftOut: 0, warnings: [], ...change },
  };
};

/** A report as it is delivered. */
export const deliveryOf = (report: Report): { readonly sentAt: string; readonly report: Report } => ({
  sentAt: new Date().toISOString(),
  report,
});
