import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { readResticVersion } from '@berth/common/restic/version.ts';
import { type Finding, failed, fine } from './finding.ts';

/** Is there a restic, and is it new enough? Also answers where it is, for a look at its capabilities. */
export const checkRestic = async (
  env: NodeJS.ProcessEnv,
): Promise<{ readonly finding: Finding; readonly path: string | null }> => {
  const path = await find('restic', env['PATH'] ?? '');
  try {
    const { text } = await readResticVersion('restic', env);
    return { finding: fine('restic', `restic ${text}${path === null ? '' : ` at ${path}`}`), path };
  } catch (error) {
    if (error instanceof Problem) return { finding: failed('restic', error.message, error.remedy), path };
    throw error;
  }
};

const find = async (program: string, searched: string): Promise<string | null> => {
  for (const directory of searched.split(delimiter)) {
    const path = join(directory, program);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
};
