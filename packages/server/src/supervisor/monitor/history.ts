import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConditionEvent } from '../../events/condition.ts';
import { readEvents } from '../../events/files.ts';
import { mostEvents } from '../../monitor/link.ts';

/** How far back people are told, in milliseconds. */
export const toldBackMs = 48 * 3_600_000;

/** The events of the last 48 hours, the newest 2,000, the oldest first. Throws the disk's errors. */
export const latestEvents = (dataDir: string, nowMs: number): readonly ConditionEvent[] =>
  readEvents(dataDir)
    .filter(({ at }) => Date.parse(at) >= nowMs - toldBackMs)
    .slice(-mostEvents);

/** Another word whenever somebody has written one of these files of the data directory: an admin's command is another process. */
export const fileMark = (dataDir: string, names: readonly string[]): string =>
  names
    .map((name) => {
      const found = statSync(join(dataDir, name), { throwIfNoEntry: false, bigint: true });
      return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeNs}`;
    })
    .join(', ');
