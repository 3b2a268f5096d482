import type { z } from 'zod';
import { isJsonObject, parseJson } from '../parse-json.ts';
import { type ChildStreams, runChild } from './child.ts';
import { classifyFailure } from './classify.ts';
import { childEnvironment, type Environment } from './environment.ts';
import type { Record } from './record.ts';
import type { Failed, ResticResult, Words } from './result.ts';
import { isAtLeast, type ResticVersion } from './version.ts';

/** Everything restic is told besides the command; the same for all commands of a run. */
export interface ResticSettings {
  /** The program, `restic` on PATH unless named. */
  readonly binary?: string;
  /** For `-r`. */
  readonly repository: string;
  /** Each for one `-o`, as it stands. */
  readonly options?: readonly string[];
  /** The only way the password takes: never in arguments nor in any environment. */
  readonly passwordFile: string;
  readonly cacheDirectory: string;
  /** Variables the child may see; only the few in `environment.ts` are copied. */
  readonly env: Environment;
  /** KiB per second; null or absent is no limit. */
  readonly limits?: { readonly uploadKiB?: number | null; readonly downloadKiB?: number | null };
  /** For nice(1) -n and ionice(1) -c; ignored where the system lacks ionice (all but Linux) or nice (Windows). */
  readonly priority?: { readonly nice?: number | null; readonly ionice?: IoClass | null };
  readonly compression?: 'auto' | 'off' | 'max';
  /** For repositories that are served read-only (`receive --as-of`): no lock is written. */
  readonly noLock?: boolean;
  /** How long restic may take to end after SIGINT before it is killed; 10 s unless said. */
  readonly graceMs?: number;
  /** Words in front of the whole command: a mount namespace of our own. */
  readonly prefix?: readonly string[];
  /** Words in front of a restic that reads a stream, so that it does not outlive us: see leash.ts. */
  readonly leash?: readonly string[];
  /** The folder it runs in, which relative paths are below; this process's unless said. */
  readonly directory?: string;
}

/** idle (ionice class 3) or best-effort at its lowest (class 2, level 7). */
export type IoClass = 'idle' | 'low';

/** What each single call may bring. */
export interface Call {
  /** Aborting it ends restic with SIGINT; the result is then `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Afterwards restic is stopped and the result is `deadline`. A week unless said: nothing runs for ever. */
  readonly deadlineMs?: number | undefined;
}

/** A restic found and new enough, with its settings. */
export interface BoundRestic {
  readonly settings: ResticSettings;
  readonly version: ResticVersion;
}

/** One command: its arguments, and who reads its stdout. */
export interface Invocation {
  readonly args: readonly string[];
  readonly call: Call;
  readonly onLine?: (line: string, record: Record) => void;
  /** True for a command whose output is no lines: it goes where this process's own does. */
  readonly toOwnOutput?: boolean;
  /** For a command that reads or writes a stream. */
  readonly streams?: ChildStreams;
  /** True puts `settings.leash` in front. */
  readonly isLeashed?: boolean;
}

/** How a command ended, before anyone looks at its answer. */
export type Ended = {
  readonly kind: 'ended';
  readonly exitCode: number;
  readonly said: Words;
  readonly failed: Failed;
};

const aWeekMs = 7 * 86_400_000;

/** Runs one command. `ended` for every end restic itself chose; else why it was stopped or never started. */
export const invoke = async (restic: BoundRestic, invocation: Invocation): Promise<Ended | Failed> => {
  const { args, call, onLine, toOwnOutput, streams, isLeashed = false } = invocation;
  const { settings } = restic;
  const { stopped, exitCode, started, record } = await runChild({
    argv: argvOf(restic, args, isLeashed ? settings.leash : []),
    env: childEnvironment(settings.env),
    signal: call.signal,
    deadlineMs: call.deadlineMs ?? aWeekMs,
    graceMs: settings.graceMs ?? 10_000,
    directory: settings.directory,
    onLine: onLine ?? (() => undefined),
    ...(toOwnOutput !== undefined && { toOwnOutput }),
    ...(streams !== undefined && { streams }),
  });
  const said = record.collected();
  // It may have ended well while it was being stopped.
  if (stopped !== null && exitCode !== 0) return { ...said, kind: stopped, exitCode };
  if (!started) return { ...said, kind: 'failed', exitCode };
  const failed: Failed = { ...said, kind: classifyFailure({ exitCode, words: said.words }), exitCode };
  if (exitCode === null) return { ...failed, words: [...said.words, 'restic was killed by a signal'] };
  return { kind: 'ended', exitCode, said, failed };
};

/** Runs a command whose whole stdout is one JSON document. An empty one is read as `null`. */
export const document = async <Schema extends z.ZodType>(
  restic: BoundRestic,
  schema: Schema,
  args: readonly string[],
  call: Call,
): Promise<ResticResult<z.output<Schema>>> => {
  const lines: string[] = [];
  const ended = await invoke(restic, { args, call, onLine: (line) => void lines.push(line) });
  if (ended.kind !== 'ended') return ended;
  const incomplete = ended.exitCode === 3;
  if (ended.exitCode !== 0 && !incomplete) return ended.failed;
  const text = lines.join('\n').trim();
  const parsed = schema.safeParse(text === '' ? null : parseJson(text));
  if (parsed.success) return { ...ended.said, kind: incomplete ? 'incomplete' : 'ok', value: parsed.data };
  const why = `restic's answer to "${args[0] ?? ''}" is not what berth can read: ${parsed.error.issues[0]?.message ?? ''}`;
  return { ...ended.failed, kind: 'failed', words: [...ended.said.words, why] };
};

/** Reads one line of a JSON lines command: the object, or null with a warning when it should be one and is not. */
export const readMessage = (line: string, record: Record): Readonly<{ [key: string]: unknown }> | null => {
  if (line.trim() === '') return null;
  const json = parseJson(line);
  if (isJsonObject(json)) return json;
  record.warn(`restic said what berth can't read: ${line.slice(0, 200)}`);
  return null;
};

/** The whole command line; everything in it may be seen by every user of the machine. */
export const argvOf = (
  { settings, version }: BoundRestic,
  args: readonly string[],
  leash: readonly string[] = [],
): readonly [string, ...string[]] => {
  const { binary = 'restic', repository, options = [], passwordFile, cacheDirectory, limits, compression } = settings;
  const global = [
    '--json',
    ...['--repo', repository, '--password-file', passwordFile, '--cache-dir', cacheDirectory],
    ...options.flatMap((option) => ['-o', option]),
    ...flag('--limit-upload', limits?.uploadKiB),
    ...flag('--limit-download', limits?.downloadKiB),
    ...(compression !== undefined && isAtLeast(version, 14) ? ['--compression', compression] : []),
    ...(settings.noLock === true ? ['--no-lock'] : []),
  ];
  const [program, ...prefix] = [...leash, ...(settings.prefix ?? []), ...priorityPrefix(settings.priority), binary];
  return [program ?? binary, ...prefix, ...global, ...args];
};

const flag = (name: string, value: number | null | undefined): readonly string[] =>
  value === null || value === undefined ? [] : [name, String(Math.max(1, Math.round(value)))];

const priorityPrefix = (priority: ResticSettings['priority'], platform = process.platform): readonly string[] => {
  const nice = priority?.nice ?? null;
  const ionice = platform === 'linux' ? (priority?.ionice ?? null) : null;
  return [
    ...(nice !== null && platform !== 'win32' ? ['nice', '-n', String(nice)] : []),
    ...(ionice === 'idle' ? ['ionice', '-c', '3', '-t'] : []),
    ...(ionice === 'low' ? ['ionice', '-c', '2', '-n', '7', '-t'] : []),
  ];
};
