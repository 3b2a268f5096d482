import type { Disk } from './disk.ts';
import { isPlace, readJournal } from './journal-read.ts';
import { layoutOf } from './layout.ts';
import { type Checkpoint, countRecord, emptyCheckpoint, readCheckpoint, type Usage } from './usage.ts';

/** The checkpoint in `folder`, unless it speaks of a journal that is not this one: then everything is counted anew. */
export const trustedCheckpoint = async (disk: Disk, folder: string): Promise<Checkpoint> => {
  const found = await readCheckpoint(disk, folder);
  return (await isPlace(disk, folder, found.seq)) ? found : emptyCheckpoint;
};

/** What the source in `directory` occupies now, without opening its store and so without touching anything. */
export const readUsage = async (disk: Disk, directory: string): Promise<Usage> => {
  const { journal: folder } = layoutOf(directory);
  const checkpoint = await trustedCheckpoint(disk, folder);
  let { usage } = checkpoint;
  await readJournal({
    disk,
    folder,
    from: checkpoint.seq,
    visit: ({ record }) => {
      usage = countRecord(usage, record);
    },
  });
  return usage;
};
