import { join } from 'node:path';
import type { Context } from '../context.ts';
import { hashFile } from '../hash-file.ts';
import { liveFolder, livePath, trashFolder, trashPath } from '../layout.ts';
import { perform } from '../moves.ts';
import type { ObjectId } from '../object.ts';
import { keyOf } from '../past/fold.ts';
import type { Change } from '../record.ts';
import type { Seq } from '../seq.ts';
import { pathOf } from './compare.ts';
import type { Mend } from './finding.ts';
import { hasBytes } from './fsck.ts';
import { type Look, setMode } from './look.ts';
import type { Tally } from './tally.ts';

/** What mending works with: a source opened exclusively, and a fold of its journal that every new record is shown to. */
export interface Workshop {
  readonly context: Context;
  readonly fold: Tally;
  readonly directory: string;
  readonly look: Look;
  readonly now: () => Date;
}

/**
 * Mends one finding. Looks again before it acts, so what was mended already is left alone. Records come first and
 * together; no file is ever removed that is not elsewhere, unless a record says so.
 */
export const mend = (shop: Workshop, what: Mend): Promise<void> => {
  if (what.do === 'mode') return mendMode(shop, what.path);
  const id = what.do === 'perform' ? what.change.id : what.id;
  return shop.context.serial(`mend ${keyOf(id)}`, async () => {
    switch (what.do) {
      case 'perform':
        await perform(shop.context, what.seq, what.change);
        return;
      case 'record-live':
        return recordLive(shop, id);
      case 'record-trash':
        return recordTrash(shop, id, what.from);
      case 'rename-trash':
        return renameTrash(shop, id, what.from, what.to);
      case 'restore':
        return restore(shop, id, what.copies);
      case 'lose-trash':
        return loseTrash(shop, id, what.of);
      case 'examine':
        return examineFile(shop, id, what.of);
    }
  });
};

/** Writes records that belong together and shows them to the fold. */
const record = async ({ context, fold, now }: Workshop, changes: readonly Change[]): Promise<readonly Seq[]> => {
  const records = changes.map((change) => ({ ...change, at: now().getTime() }));
  const places = await context.journal.appendTogether(records);
  for (const [index, written] of records.entries())
    fold.add({ seq: places[index] ?? context.journal.seen(), record: written });
  return places;
};

/** Whether the file at `path` is what `id` should be; `sha256` is what its record says of a `config`, which has no name. */
const isSound = async ({ context }: Workshop, id: ObjectId, path: string, sha256: string | null): Promise<boolean> => {
  const expected = id.type === 'config' ? sha256 : id.name;
  return expected === null || (await hasBytes(context.disk, path, expected)) === 'right';
};

const recordLive = async (shop: Workshop, id: ObjectId): Promise<void> => {
  const { context, fold } = shop;
  const { disk, layout, folders } = context;
  const path = livePath(layout, id);
  const size = await disk.size(path);
  if (size === null || fold.live.has(keyOf(id))) return;
  const sha256 = await hashFile(disk, path);
  const put: Change = { op: 'put', id, size, sha256: id.type === 'config' ? sha256 : null };
  if (id.type === 'config' || sha256 === id.name) {
    // Whoever copied it here may not have synced it, and a record promises that it is on the disk.
    await disk.syncFolder(path);
    await folders.now(liveFolder(layout, id));
    await record(shop, [put]);
    return;
  }
  const quarantine: Change = { op: 'quarantine', id, size, of: null };
  const [, seq] = await record(shop, [put, quarantine]);
  if (seq !== undefined) await perform(context, seq, quarantine);
};

const recordTrash = async (shop: Workshop, id: ObjectId, from: Seq): Promise<void> => {
  const { context, fold } = shop;
  const { disk, layout } = context;
  const path = trashPath(layout, id, from);
  const size = await disk.size(path);
  if (size === null) return;
  const isLive = (await disk.size(livePath(layout, id))) !== null;
  if (isLive) await recordLive(shop, id);
  const sha256 = await hashFile(disk, path);
  const live = fold.live.get(keyOf(id));
  await disk.syncFolder(path);
  // `trash` ends what is live in the fold; so a live one is put again, and one that the journal lost is put first.
  const trash: Change = { op: 'trash', id, size };
  const put: Change = { op: 'put', id, size: live?.size ?? size, sha256: live?.sha256 ?? configHash(id, sha256) };
  const changes = live === undefined ? [put, trash] : isLive ? [trash, put] : [trash];
  const places = await record(shop, changes);
  const to = places[changes.indexOf(trash)];
  if (to === undefined) return;
  await moveCopy(shop, id, from, to);
  if (id.type !== 'config' && sha256 !== id.name) await quarantineCopy(shop, id, size, to);
};

const configHash = (id: ObjectId, sha256: string): string | null => (id.type === 'config' ? sha256 : null);

/** By link, so that a power cut leaves it under one of its two numbers or both. */
const moveCopy = async ({ context }: Workshop, id: ObjectId, from: Seq, to: Seq): Promise<void> => {
  const { disk, folders, layout } = context;
  await disk.link(trashPath(layout, id, from), trashPath(layout, id, to));
  await folders.now(trashFolder(layout, id));
  await disk.unlink(trashPath(layout, id, from));
};

const quarantineCopy = async (shop: Workshop, id: ObjectId, size: number, of: Seq | null): Promise<void> => {
  const quarantine: Change = { op: 'quarantine', id, size, of };
  const [seq] = await record(shop, [quarantine]);
  if (seq !== undefined) await perform(shop.context, seq, quarantine);
};

const renameTrash = async (shop: Workshop, id: ObjectId, from: Seq, to: Seq): Promise<void> => {
  const { disk, layout } = shop.context;
  const path = trashPath(layout, id, from);
  if ((await disk.size(path)) === null || (await disk.size(trashPath(layout, id, to))) !== null) return;
  if (await isSound(shop, id, path, shop.fold.trash.get(to)?.sha256 ?? null)) await moveCopy(shop, id, from, to);
  else await recordTrash(shop, id, from);
};

const restore = async (shop: Workshop, id: ObjectId, copies: readonly Seq[]): Promise<void> => {
  const { context, fold } = shop;
  const { disk, layout } = context;
  const live = fold.live.get(keyOf(id));
  if (live === undefined || (await disk.size(livePath(layout, id))) !== null) return;
  const lost: Change = { op: 'lost', id, size: live.size, of: null };
  for (const of of copies) {
    const copy = fold.trash.get(of);
    if (copy === undefined || !(await isSound(shop, id, trashPath(layout, id, of), live.sha256))) continue;
    const back: Change = { op: 'restore', id, size: copy.size, of };
    const [, seq] = await record(shop, [lost, back]);
    if (seq !== undefined) await perform(context, seq, back);
    return;
  }
  await record(shop, [lost]);
};

const loseTrash = async (shop: Workshop, id: ObjectId, of: Seq): Promise<void> => {
  const copy = shop.fold.trash.get(of);
  if (copy === undefined || (await shop.context.disk.size(trashPath(shop.context.layout, id, of))) !== null) return;
  await record(shop, [{ op: 'lost', id, size: copy.size, of }]);
};

const examineFile = async (shop: Workshop, id: ObjectId, of: Seq | null): Promise<void> => {
  const { context, fold, directory } = shop;
  const recorded = of === null ? fold.live.get(keyOf(id)) : fold.trash.get(of);
  const path = join(directory, pathOf(id, of));
  const size = await context.disk.size(path);
  if (recorded === undefined || size === null) return;
  if (!(await isSound(shop, id, path, recorded.sha256))) return quarantineCopy(shop, id, recorded.size, of);
  if (recorded.size === size) return;
  const lost: Change = { op: 'lost', id, size: recorded.size, of };
  // In the trash it is a file without a record now, which the next round records.
  await record(shop, of === null ? [lost, { op: 'put', id, size, sha256: recorded.sha256 }] : [lost]);
};

const mendMode = async ({ directory, look }: Workshop, path: string): Promise<void> => {
  const full = join(directory, path);
  const seen = await look(full);
  if (seen?.kind === 'folder') await setMode(full, 0o700);
  else if (seen?.kind === 'file') await setMode(full, 0o600);
};
