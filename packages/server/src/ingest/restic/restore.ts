import { readdir } from 'node:fs/promises';
import { isDone } from '@berth/common/restic/result.ts';
import { defineJob } from '../../jobs/job.ts';
import { restoreCall } from './calls.ts';
import { explainPhone } from './explain.ts';
import { openForReading } from './open.ts';

/** Brings files of a phone back, as the phone: below `target`, by the paths they had on it. Its progress is `restoreProgressSchema`. */
export const restoreJob = defineJob({
  ...restoreCall,
  run: async ({ progress, signal }, { given, snapshot, paths, target }) => {
    await using repository = await openForReading(given, process.env['PATH'] ?? '');
    const result = await repository.restic.restore(
      { snapshot, target, include: paths.map(literally) },
      {
        signal,
        onProgress: ({ filesDone, filesTotal, bytesDone, bytesTotal }) =>
          progress({ filesDone, filesTotal, bytesDone, bytesTotal }),
      },
    );
    if (!isDone(result)) throw explainPhone(result, 'The restore', given.name);
    const { itemErrors, itemErrorCount, value } = result;
    return {
      ...{ files: value.filesRestored, bytes: value.bytesRestored },
      failures: itemErrors.slice(0, 20).map(({ item, message }) => `${item}: ${message}`),
      failed: result.kind === 'ok' ? 0 : Math.max(1, itemErrorCount),
      isEmpty: (await readdir(target)).length === 0,
    };
  },
});

/** A path for `--include`, which reads patterns: nothing in a file's name means more than itself. */
const literally = (path: string): string => path.replaceAll(/[\\*?[]/g, '\\$&');
