import type { Logger } from 'pino';
import type { Layout } from '../../accounts/layout.ts';
import { clockAhead } from '../../coordinator/clock.ts';
import { readConditions } from '../../events/files.ts';
import type { Keeper } from '../../events/keeper.ts';
import type { PhoneFacts } from '../../ingest/facts.ts';
import { readKeptFacts, writePhoneFacts } from '../../ingest/facts-file.ts';
import type { Jail } from '../../session/jail.ts';
import type { Patience } from '../child/child.ts';
import { networkMark } from '../monitor/network.ts';
import type { Program } from '../program.ts';
import { openDoorOf } from './door-of.ts';
import { ensureRuntimeFolder, removeOtherRuntimeFolders } from './folders.ts';
import { PhoneKeeper } from './keeper.ts';
import { type PhonePace, usualPace } from './pace.ts';
import { lookAtPhone, startBackup, startMirror } from './start.ts';
import { watchedOf } from './watched.ts';
import { watcherOf } from './watcher.ts';
import { phoneWorldInside } from './world.ts';

interface Server {
  readonly layout: Layout;
  readonly configFile: string;
  readonly jail: Jail;
  readonly program: Program;
  readonly keeper: Pick<Keeper, 'say'>;
  /** Hears what is known of all phones, whenever it changes. */
  readonly onFacts: (facts: readonly PhoneFacts[]) => void;
  readonly log: Logger;
  readonly pace?: Partial<PhonePace>;
  readonly patience?: Partial<Patience>;
}

/** Who looks after the phones of this server; nothing runs yet. */
export const phonesOf = async (server: Server): Promise<PhoneKeeper> => {
  const { layout, keeper, onFacts, log, pace, patience } = server;
  const { dataDir, runtimeDir, mode } = layout;
  const world = await phoneWorldInside(server);
  return new PhoneKeeper({
    open: async (phone) => {
      ensureRuntimeFolder({ mode, runtimeDir }, phone);
      return openDoorOf(world, phone, log.child({ source: phone.name }));
    },
    tidy: (phones) => {
      try {
        removeOtherRuntimeFolders(runtimeDir, phones);
      } catch (error) {
        log.error({ err: error }, 'what was left of a phone could not be removed');
      }
    },
    starts: (phone, { timeZone }) => ({
      look: () => lookAtPhone(world, phone),
      mirror: (marker, signal) => startMirror(world, phone, { marker, signal, timeZone }),
      backup: (marker, isNow, told, signal) => startBackup(world, phone, { marker, isNow, timeZone, told, signal }),
    }),
    watched: (phones) => watchedOf(phones, { folder: world.configFolder }),
    makeWatcher: (hears) => watcherOf({ ...hears, world, keeper, log, ...(patience && { patience }) }),
    networkMark,
    ...{ keeper, onFacts, log, clock: clockAhead(0), random: Math.random, pace: { ...usualPace, ...pace } },
    conditions: () => readConditions(dataDir),
    before: readKeptFacts(dataDir),
    write: (phones) => {
      // The folder is there once there was a phone.
      if (phones.length > 0 || readKeptFacts(dataDir).length > 0) writePhoneFacts(dataDir, phones);
    },
  });
};
