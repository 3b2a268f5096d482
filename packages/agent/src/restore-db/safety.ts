import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { ReportDump } from '@berth/common/report.ts';
import type { Restic } from '@berth/common/restic/restic.ts';
import { dumpDatabase } from '../databases/dump-database.ts';
import type { Database, EngineWorld } from '../databases/engine.ts';
import { type StoredDump, safetyTag } from '../databases/stored.ts';

/**
 * Dumps what a restore is about to replace, as far as it is there, with a tag of its own besides. Throws 'safety-failed' unless all of it was dumped and
 * found whole. Answers what was dumped: nothing where nothing is there.
 */
export const dumpBefore = async (about: {
  readonly database: Database;
  readonly replaced: readonly StoredDump[];
  readonly restic: Pick<Restic, 'backup' | 'backupStream'>;
  readonly host: string;
  readonly state: string;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
  readonly onProgress: (bytesDone: number) => void;
}): Promise<readonly ReportDump[]> => {
  const { database, replaced, restic, host, world, signal, onProgress } = about;
  const files = new Set<string>(replaced.map(({ file }) => file));
  const ended = await dumpDatabase({
    database: {
      ...database,
      describe: async (...args) => {
        const described = await database.describe(...args);
        return {
          ...described,
          units: described.units.filter(({ file, isMissing }) => files.has(file) && isMissing !== true),
        };
      },
    },
    restic: {
      backup: (request, call) => restic.backup({ ...request, tags: [...(request.tags ?? []), safetyTag] }, call),
      backupStream: (request, produce, call) =>
        restic.backupStream({ ...request, tags: [...request.tags, safetyTag] }, produce, call),
    },
    ...{ host, world, signal, onProgress, folders: join(about.state, 'databases'), finished: new Set<string>() },
  });
  signal.throwIfAborted();
  const bad = ended.dumps.find(({ outcome }) => outcome !== 'ok');
  if (ended.problem === null && ended.cut === null && bad === undefined) return ended.dumps;
  const why = ended.problem?.message ?? bad?.reason ?? ended.words.at(-1) ?? ended.cut ?? 'it ended early';
  throw new Problem(
    'safety-failed',
    `What is there now could not be dumped first: ${why}${/[.!]$/.test(why) ? '' : '.'} Nothing was changed.`,
    'Mend that, or add --no-safety where what is there now is worth nothing.',
    { cause: ended.problem ?? ended.words.join('\n') },
  );
};
