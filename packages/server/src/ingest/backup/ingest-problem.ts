import { Problem } from '@berth/common/problem.ts';
import type { IngestLook } from './marker.ts';

/** Why nothing of a phone is backed up where its files should arrive: `ingest-missing` or `ingest-unreadable`. */
export const ingestProblem = (
  { name, ingest }: { readonly name: string; readonly ingest: string },
  seen: Exclude<IngestLook, 'ok'>,
): Problem =>
  seen === 'missing'
    ? new Problem(
        'ingest-missing',
        `${ingest} is not the folder of ${name}: it is not there, or not what Syncthing marked as its own.`,
        'Look whether its disk is mounted and Syncthing runs. Nothing was backed up, and nothing was forgotten.',
      )
    : new Problem(
        'ingest-unreadable',
        `${ingest} can not be read by ${name}.`,
        'Let its UID or its group read there: docs/phone.md.',
      );
