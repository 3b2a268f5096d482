import { Problem } from '@berth/common/problem.ts';
import { loadSources } from '../sources/load.ts';
import type { ServerConfig } from '../sources/source.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { isPhone, type Phone } from '../supervisor/phones/places.ts';
import { appliedFile } from '../supervisor/state.ts';

/** The phones of what is in force, in the order of sources.yaml, and all of that. */
export interface PhonesInForce {
  readonly phones: readonly Phone[];
  readonly config: ServerConfig;
}

/**
 * The phones on a data directory. Throws `data-missing` where there is none, and `server-down` where no server has ever put a sources.yaml
 * in force there.
 */
export const phonesInForce = async (dataDir: string): Promise<PhonesInForce> => {
  requireDataDir(dataDir);
  const loaded = await loadSources(appliedFile(dataDir));
  if (loaded.kind !== 'ok')
    throw new Problem(
      'server-down',
      `What is in force on ${dataDir} can not be read.`,
      `Start the server once: berth-server run --data ${dataDir}`,
    );
  return { phones: loaded.config.sources.filter(isPhone), config: loaded.config };
};

/** The phone called `name`. Throws `unknown-phone`, with the names of those there are. */
export const phoneCalled = (name: string, { phones, config }: PhonesInForce): Phone => {
  const found = phones.find((phone) => phone.name === name);
  if (found !== undefined) return found;
  const isSource = config.sources.some((source) => source.name === name);
  throw new Problem(
    'unknown-phone',
    isSource
      ? `${name} is no phone: it has no ingest in sources.yaml.`
      : `No phone ${JSON.stringify(name)} is in force.`,
    phones.length === 0
      ? 'There are none yet: docs/phone.md says how one is added.'
      : `These are: ${phones.map((phone) => phone.name).join(', ')}.`,
  );
};
