import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { layoutOf } from '../layout.ts';
import { config } from '../object.ts';
import { openContext } from '../open-context.ts';
import { keyOf } from '../past/fold.ts';
import type { Usage } from '../usage.ts';
import type { Finding } from './finding.ts';
import { blocking, type Examination, examine, hasBytes } from './fsck.ts';
import { type RepairArguments, repair } from './repair.ts';

/** What an adoption came to. */
export interface Adopted {
  /** Objects that were recorded by this run; 0 when all had been before. */
  readonly recorded: number;
  /** Files whose bytes were not their name: they are in quarantine. Paths from the source's directory on. */
  readonly damaged: readonly string[];
  readonly usage: Usage;
}

/**
 * Makes the plain restic repository that lies in a source's `repo/` the source's own: every object is hashed and
 * recorded. May be ended and begun again, and done twice. Throws, before anything is changed: `no-repository`,
 * `legacy-layout`, `wrong-owner`, `not-adoptable`, `contradiction`; and `source-busy`.
 */
export const adopt = async (args: RepairArguments): Promise<Adopted> => {
  const before = await examine({ ...args, verify: false });
  await requireAdoptable(args, before);
  const { live } = before.fold.usage();
  const { found, left, fold } = await repair({ ...args, verify: false });
  const stopped = blocking(left)[0];
  if (stopped !== undefined) throw notAdoptable(stopped);
  const unrecorded = found.flatMap(({ mend: how, name }) => (how?.do === 'record-live' ? [{ id: how.id, name }] : []));
  const usage = fold.usage();
  const recorded = Math.max(0, usage.live.objects - live.objects);
  if (recorded > 0) await meantIt(args);
  return {
    recorded,
    damaged: unrecorded.filter(({ id }) => !fold.live.has(keyOf(id))).map(({ name }) => name),
    usage,
  };
};

/** A hundred snapshots that arrive within a minute are no attack when an admin brought them: churn.ts counts from here. */
const meantIt = async ({ directory, disk, now, pid, isAlive }: RepairArguments): Promise<void> => {
  const whole = { directory, disk, now, pid, isAlive, quotaBytes: null, floorBytes: 0 } as const;
  await using open = await openContext({ ...whole, presence: 'shared' });
  await open.context.record({ op: 'release' });
};

const requireAdoptable = async (args: RepairArguments, { findings, fold }: Examination): Promise<void> => {
  const { disk, directory } = args;
  const { repo } = layoutOf(directory);
  const owner = findings.find(({ code }) => code === 'owner');
  if (owner !== undefined) throw wrongOwner(owner, args.uid);
  const names = await disk.list(repo);
  const flat = findings.some(({ code, name }) => code === 'foreign' && /^repo\/data\/[0-9a-f]{64}$/.test(name));
  if (flat || legacyFolders.some((name) => names.includes(name))) throw legacyLayout();
  const stopped = blocking(findings)[0];
  if (stopped !== undefined) throw notAdoptable(stopped);
  const keys = await disk.list(join(repo, 'keys'));
  if (!names.includes('config') || keys.length === 0) throw noRepository(names.includes('config'));

  const recorded = fold.live.get(keyOf(config))?.sha256 ?? null;
  const isOther = recorded !== null && (await hasBytes(disk, join(repo, 'config'), recorded)) !== 'right';
  if (isOther) throw contradiction('the journal of this source is that of another repository: its config differs');
  const wrong = findings.filter(({ code }) => code === 'missing' || code === 'missing-trash' || code === 'wrong-size');
  if (wrong.length > 0) {
    const what = `${wrong.length} ${wrong.length === 1 ? 'object' : 'objects'} that the journal knows`;
    throw contradiction(`${what} are not there as it says, such as ${wrong[0]?.name}`);
  }
};

/** As restic called them in its oldest layout, `s3legacy`, which restic 0.18 no longer reads. */
const legacyFolders = ['key', 'lock', 'snapshot'];

const noRepository = (hasConfig: boolean): Problem =>
  new Problem(
    'no-repository',
    `There is no restic repository in repo/: it has no ${hasConfig ? 'keys' : 'config'}.`,
    'Copy all that is in the old repository, its config included, into repo/, and adopt again.',
  );

const legacyLayout = (): Problem =>
  new Problem(
    'legacy-layout',
    'The repository has the layout of very old versions of restic (key, lock, snapshot, or packs directly in data).',
    'Copy it into a new repository: restic -o local.layout=s3legacy -r OLD (restic 0.14 to 0.17) with the command copy;\n' +
      'or back up anew. See restic help copy.',
  );

const wrongOwner = ({ name, detail }: Finding, uid: number): Problem =>
  new Problem(
    'wrong-owner',
    `${name} belongs to ${detail}, and not to this source's UID ${uid}.`,
    `Give it to the source, in its folder: chown -hR ${uid}:${uid} repo`,
  );

const notAdoptable = ({ name, code, detail }: Finding): Problem =>
  new Problem(
    'not-adoptable',
    `${name} keeps the repository from being adopted: ${code}${detail === '' ? '' : `, ${detail}`}.`,
    'See all of it: berth-server fsck SOURCE',
  );

const contradiction = (why: string): Problem =>
  new Problem(
    'contradiction',
    `This source has a past that contradicts what lies in repo/: ${why}.`,
    'See what differs: berth-server fsck SOURCE. To adopt a repository, give it a source of its own.',
  );
