import { Problem } from '@berth/common/problem.ts';
import { dumpName, type StoredDump } from '../databases/stored.ts';

/** A dump that could not be read back to its end; nothing was changed by then. */
export const explainCut = (dump: StoredDump, words: readonly string[]): Problem =>
  new Problem(
    'dump-unreadable',
    `The dump of ${dumpName(dump)} in snapshot ${dump.snapshot.slice(0, 8)} could not be read to its end: ${words.slice(-3).join(' ') || 'restic ended early'}.`,
    'Try again; if it stays so: berth check --all, and an older one with --snapshot ID (berth snapshots --tag db).',
    { cause: words.join('\n') },
  );
