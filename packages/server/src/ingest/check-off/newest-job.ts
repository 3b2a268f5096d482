import { join } from 'node:path';
import { homeOf } from '@berth/agent/config/home.ts';
import type { Node } from '@berth/common/restic/messages.ts';
import { openRestic } from '@berth/common/restic/restic.ts';
import { isDone } from '@berth/common/restic/result.ts';
import { defineJob, type JobContext } from '../../jobs/job.ts';
import { storeBehind } from '../backup/world.ts';
import { explainPhone } from '../restic/explain.ts';
import { type NewestArguments, type NewestResult, newestCall } from './call.ts';
import type { ListingLine } from './listing.ts';

/**
 * Lists the newest snapshot of a phone, in portions, as `checkOffJob` wants to be told (`ListingLine`). In the cell of a backup, which the
 * mirror is not in; so the two are two jobs.
 */
export const newestJob = defineJob({ ...newestCall, run: (context, args) => listNewest(context, args) });

const listNewest = async ({ signal, progress }: JobContext, args: NewestArguments): Promise<NewestResult> => {
  const home = homeOf({ directory: args.home, env: {}, uid: 0 });
  const restic = await openRestic({
    ...storeBehind(args.receiveSocket, args.dial),
    binary: args.restic,
    passwordFile: args.passwordFile,
    cacheDirectory: home.cache,
    env: { PATH: process.env['PATH'] ?? '', HOME: home.directory, TMPDIR: join(home.state, 'tmp') },
  });
  const found = await restic.snapshots({ host: args.name }, { signal });
  if (!isDone(found)) throw explainPhone(found, 'Listing the snapshots', args.name);
  const newest = found.value.at(-1);
  if (newest === undefined) return { snapshot: null };
  const snapshot = { id: newest.id, at: newest.time };
  const tell = (line: ListingLine): void => progress(line);
  tell({ snapshot });
  let files: [string, number, number][] = [];
  const onNode = (node: Node): void => {
    if (node.type !== 'file') return;
    files.push([node.path, node.size ?? 0, Date.parse(node.mtime)]);
    if (files.length < portion) return;
    tell({ files });
    files = [];
  };
  const listed = await restic.ls({ snapshot: newest.id, onNode }, { signal });
  if (!isDone(listed)) throw explainPhone(listed, 'Listing the newest snapshot', args.name);
  tell({ files });
  tell({ complete: true });
  return { snapshot };
};

const portion = 500;
