import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineJob } from '../../jobs/job.ts';
import { nodeMirrorDisk } from '../mirror/disk.ts';
import { ledgerFile, readLedger } from '../mirror/ledger.ts';
import type { Raw } from '../mirror/raw.ts';
import { checkOffCall } from './call.ts';
import { checkOff } from './check-off.ts';

/** What may be deleted on a phone: check-off.ts. Runs as the phone, and may write nothing. */
export const checkOffJob = defineJob({
  ...checkOffCall,
  run: ({ told, progress, signal }, args) => {
    const places = placesIn(join(args.mirror.state, ledgerFile));
    const copyOf = (path: Raw): Raw | null => places.get(path) ?? null;
    return checkOff(args, { disk: nodeMirrorDisk, copyOf, told: told(), progress, signal });
  },
});

/** Where the mirror has each file; nothing where no pass has ended yet. */
const placesIn = (index: string): ReadonlyMap<Raw, Raw> =>
  existsSync(index) ? new Map(readLedger(index, null).map(({ path, place }) => [path, place])) : new Map();
