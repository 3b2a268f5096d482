import * as creating from './backup.ts';
import { backupStream } from './backup-stream.ts';
import type { Call, ResticSettings } from './invoke.ts';
import * as maintaining from './maintain.ts';
import * as reading from './read.ts';
import { readStream } from './read-stream.ts';
import * as repository from './repository.ts';
import type { BackupStream } from './stream.ts';
import { type ResticVersion, readResticVersion } from './version.ts';

/** The rest of a command's arguments once restic itself is known. */
type Bound<Command> = Command extends (restic: never, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/**
 * restic with its settings. No command rejects for anything restic does: each resolves to a `ResticResult`, whose `kind`
 * says what happened. Commands are not serialised here; restic's own locks in the repository do that. Nothing is retried
 * here beyond what restic itself retries.
 */
export interface Restic {
  readonly version: ResticVersion;
  readonly init: (call?: Call) => ReturnType<typeof repository.init>;
  readonly config: (call?: Call) => ReturnType<typeof repository.config>;
  readonly keys: (call?: Call) => ReturnType<typeof repository.keys>;
  readonly unlock: (request?: { readonly all: boolean }, call?: Call) => ReturnType<typeof maintaining.unlock>;
  readonly backup: Bound<typeof creating.backup>;
  /** Rejects only with what the producer threw. */
  readonly backupStream: Bound<BackupStream>;
  readonly forget: Bound<typeof maintaining.forget>;
  readonly prune: Bound<typeof maintaining.prune>;
  readonly check: Bound<typeof maintaining.check>;
  readonly snapshots: Bound<typeof reading.snapshots>;
  readonly find: Bound<typeof reading.find>;
  readonly ls: Bound<typeof reading.ls>;
  readonly stats: Bound<typeof reading.stats>;
  readonly dump: Bound<typeof reading.dump>;
  /** Rejects with a `StreamCut`, at its end, where restic ended badly. */
  readonly readStream: Bound<typeof readStream>;
  readonly restore: Bound<typeof reading.restore>;
}

/**
 * Finds restic and its version. Touches no repository. Throws a Problem 'restic-missing', 'restic-broken' or
 * 'restic-too-old'.
 */
export const openRestic = async (settings: ResticSettings): Promise<Restic> => {
  const version = await readResticVersion(settings.binary ?? 'restic', settings.env);
  const restic = { settings, version };
  return {
    version,
    init: (call = {}) => repository.init(restic, call),
    config: (call = {}) => repository.config(restic, call),
    keys: (call = {}) => repository.keys(restic, call),
    unlock: (request = { all: false }, call = {}) => maintaining.unlock(restic, request, call),
    backup: (...rest) => creating.backup(restic, ...rest),
    backupStream: (...rest) => backupStream(restic, ...rest),
    forget: (...rest) => maintaining.forget(restic, ...rest),
    prune: (...rest) => maintaining.prune(restic, ...rest),
    check: (...rest) => maintaining.check(restic, ...rest),
    snapshots: (...rest) => reading.snapshots(restic, ...rest),
    find: (...rest) => reading.find(restic, ...rest),
    ls: (...rest) => reading.ls(restic, ...rest),
    stats: (...rest) => reading.stats(restic, ...rest),
    dump: (...rest) => reading.dump(restic, ...rest),
    readStream: (...rest) => readStream(restic, ...rest),
    restore: (...rest) => reading.restore(restic, ...rest),
  };
};
