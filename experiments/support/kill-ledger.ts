import { basename, join } from 'node:path';
import { nodeDisk } from '../../packages/server/src/store/disk.ts';
import { examine, unsettled } from '../../packages/server/src/store/fsck/fsck.ts';
import { look } from '../../packages/server/src/store/fsck/look.ts';
import type { Seq } from '../../packages/server/src/store/seq.ts';
import { isProcessAlive } from '../../packages/server/src/store/sessions.ts';
import type { RestClient } from '../../test/helpers/rest-client.ts';
import { filesBelow, partialObjects } from '../../test/helpers/store-files.ts';

/** The types that are sent: a pack, an index and a snapshot lie in folders of three kinds. */
export const types = ['data', 'index', 'snapshots'] as const;

/**
 * What a client knows of an object: that it was taken, that its deletion was, or that a kill came before the answer.
 * `purgeable`: deleted, and a purge has begun since.
 */
export type Fate = 'live' | 'deleted' | 'purgeable' | 'either';

/** A moment between two commands, and the paths that were live at it. */
export interface Mark {
  readonly place: Seq;
  readonly live: ReadonlySet<string>;
}

/** What has been acknowledged about one source, by path (`/data/<name>`). */
export interface Ledger {
  readonly directory: string;
  readonly fates: Map<string, Fate>;
}

/**
 * Looks for all that must be there, through `client` and on the disk, while nothing is under way. Answers in words with
 * what is wrong.
 */
export const audit = async (ledger: Ledger, client: RestClient): Promise<readonly string[]> => {
  const { directory, fates } = ledger;
  const { wrong: odd, unrecorded } = await examineNow(ledger);
  const listed = await listingOf(client);
  const wrong = [...odd];
  const kept = new Set((await filesBelow(join(directory, 'trash'))).map((file) => basename(file).split('.')[0]));
  for (const [path, fate] of fates) {
    const isListed = listed.has(path);
    const isKept = kept.has(basename(path));
    if (fate === 'live' && !isListed) wrong.push(`${path} was acknowledged and is lost`);
    if (fate === 'deleted' && isListed) wrong.push(`${path} was deleted and is there again`);
    if (fate === 'deleted' && !isListed && !isKept) wrong.push(`${path} was deleted and is not in the trash`);
    // From now on it is what the kill left of it.
    // An upload that came as far as its name and not to its record was never answered for, and may go as it came.
    if (fate !== 'either' || unrecorded.has(path)) continue;
    if (isListed) fates.set(path, 'live');
    else if (isKept) fates.set(path, 'deleted');
    else fates.delete(path);
  }
  for (const file of await partialObjects(join(directory, 'repo'))) wrong.push(`${file} is not whole`);
  for (const path of listed) if (!fates.has(path)) wrong.push(`${path} is listed and was never sent`);
  return wrong;
};

/**
 * What fsck finds while nothing is under way, the uploads that no one was answered for, and the place after the last
 * record. Kept counts are not looked at: they are made when a session ends well, and what is deleted without ever having
 * been recorded is not in them.
 */
export const examineNow = async ({ directory }: Ledger) => {
  const { findings, seen } = await examine({
    ...{ disk: nodeDisk, look, directory, uid: process.getuid?.() ?? 0, isAlive: isProcessAlive },
    ...{ now: () => new Date(), verify: false, progress: () => undefined, signal: new AbortController().signal },
  });
  const known = new Set(['unrecorded', 'checkpoint']);
  const odd = unsettled(findings).filter(({ code }) => !known.has(code));
  const unrecorded = findings.flatMap(({ code, mend }) =>
    code === 'unrecorded' && mend?.do === 'record-live' ? [`/${mend.id.type}/${mend.id.name}`] : [],
  );
  return {
    wrong: odd.map(({ code, name, detail }) => `fsck: ${code} ${name} ${detail}`),
    unrecorded: new Set(unrecorded),
    seen,
  };
};

/** The paths that are live by the ledger. */
export const liveOf = ({ fates }: Ledger): ReadonlySet<string> =>
  new Set([...fates].flatMap(([path, fate]) => (fate === 'live' ? [path] : [])));

const listingOf = async (client: RestClient): Promise<ReadonlySet<string>> => {
  const paths = new Set<string>();
  for (const type of types) {
    const { status, body } = await client.request('GET', `/${type}/`, null, { accept });
    if (status !== 200) throw new Error(`a listing was answered with ${status}`);
    const names: readonly string[] = JSON.parse(body.toString());
    for (const name of names) paths.add(`/${type}/${name}`);
  }
  return paths;
};

const accept = 'application/vnd.x.restic.rest.v1';
