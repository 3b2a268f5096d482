import { Problem } from '@berth/common/problem.ts';
import { loadSources } from '../sources/load.ts';
import type { Source } from '../sources/source.ts';
import { appliedFile } from '../supervisor/state.ts';

/** All that the file in force says of the source called `name`, with every default. Throws `no-settings`. */
export const settingsOf = async (dataDir: string, name: string): Promise<Source> => {
  const loaded = await loadSources(appliedFile(dataDir));
  const source = loaded.kind === 'ok' ? loaded.config.sources.find((each) => each.name === name) : undefined;
  if (source !== undefined) return source;
  throw new Problem(
    'no-settings',
    `The sources.yaml that is in force on ${dataDir} can not be read, or no longer has ${name}.`,
    `Look at the server: berth-server status --data ${dataDir}`,
  );
};
