import { Problem } from '@berth/common/problem.ts';
import { jobPlaceOf } from '../jobs/place.ts';
import type { JobPlace } from '../jobs/start.ts';
import { type SourceStatus, status } from '../status/status.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { thisProgram } from '../supervisor/program.ts';

/** What a command needs that works on one source. */
export interface SourceInForce {
  readonly source: SourceStatus;
  /** Where jobs on its files run. */
  readonly place: JobPlace;
  /** Its sessions that live now. */
  readonly sessions: number;
}

/**
 * The source called `name` and where its jobs run. Throws `data-missing` where there is no data directory,
 * `unknown-source` where no such source is in force, and `server-down` where jobs need a server that does not run.
 */
export const sourceInForce = async (dataDir: string, name: string): Promise<SourceInForce> => {
  requireDataDir(dataDir);
  const { server, up, sources } = await status(dataDir);
  const source = sources.find((candidate) => candidate.name === name);
  if (source === undefined) throw unknownSource(name, sources);
  const place = jobPlaceOf({ server, up, dataDir, program: thisProgram() });
  return { source, place, sessions: source.sessions };
};

/** As `sourceInForce`, for what only a restic repository has. Throws `sftp-source` for a source that uploads plain files. */
export const resticSourceInForce = async (dataDir: string, name: string): Promise<SourceInForce> => {
  const found = await sourceInForce(dataDir, name);
  if (found.source.access === 'restic') return found;
  throw new Problem(
    'sftp-source',
    `${name} uploads plain files by SFTP and has no journal of its past; this is for sources that back up with restic.`,
    `What is kept of the files it overwrites and deletes lies in ${dataDir}/sources/${name}/kept.`,
  );
};

const unknownSource = (name: string, sources: readonly SourceStatus[]): Problem => {
  const known = sources.map((source) => source.name).slice(0, 20);
  return new Problem(
    'unknown-source',
    `No source ${JSON.stringify(name)} is in force.`,
    known.length === 0 ? 'There are none: see sources.yaml.' : `These are: ${known.join(', ')}.`,
  );
};
