import type { BackupSummary } from '@berth/common/restic/backup.ts';
import type { ItemError, ResticResult } from '@berth/common/restic/result.ts';

/**
 * A snapshot in which nothing is missing but files that went away while restic was on its way to them: on a phone's folder that is
 * Syncthing's doing, and no fault. It is then whole, with a warning; anything else stays what it was. restic only says so in words, of its
 * own or of the system in English (0.14: the name of the error). 0.18 passes most of them over in silence.
 */
export const forgiveVanished = (result: ResticResult<BackupSummary>): ResticResult<BackupSummary> => {
  if (result.kind !== 'incomplete' || result.warnings.length > 0) return result;
  const { itemErrors, itemErrorCount } = result;
  if (itemErrorCount === 0 || itemErrorCount > itemErrors.length || !itemErrors.every(hasVanished)) return result;
  const files =
    itemErrorCount === 1 ? '1 file went away while it was' : `${itemErrorCount} files went away while they were`;
  return { ...result, kind: 'ok', warnings: [`${files} about to be read: the phone had deleted or replaced them`] };
};

const hasVanished = ({ message }: ItemError): boolean => /(?: ENOENT|: no such file or directory)$/.test(message);
