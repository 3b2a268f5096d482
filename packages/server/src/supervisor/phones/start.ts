import { Problem } from '@berth/common/problem.ts';
import type { z } from 'zod';
import type { BackupResult, ToBackup } from '../../ingest/backup/arguments.ts';
import { backupCall, mirrorCall } from '../../ingest/calls.ts';
import type { PassResult } from '../../ingest/mirror/pass.ts';
import type { Job } from '../../jobs/job.ts';
import { type JobWishes, jobCommand, startJob } from '../../jobs/start.ts';
import { nodeWords } from '../../session/jail.ts';
import { backupCell, mirrorCell, type PhoneCell } from './cells.ts';
import { passwordFor } from './folders.ts';
import { lookAs, type Seen } from './look.ts';
import { mirrorArguments } from './mirror-arguments.ts';
import { type Phone, type PhonePlaces, phonePlaces } from './places.ts';
import { type PhoneWorld, reachedFrom } from './world.ts';
import { zoneFileOf } from './zone-file.ts';

interface Wishes extends Pick<JobWishes, 'signal' | 'onProgress'> {
  /** What marks the folder as Syncthing's; null where nothing does. */
  readonly marker: string | null;
}

interface BackupWishes extends Wishes {
  readonly isNow: boolean;
  /** In which retention counts days. */
  readonly timeZone: string;
  readonly told: AsyncIterable<ToBackup>;
}

/**
 * A file that Syncthing brings is whole when it appears, so nobody waits for it longer than a change takes to be heard; whoever else copies into the
 * folder writes as he goes. Milliseconds.
 */
const settleMs = { syncthing: 2000, other: 10_000 } as const;

/** What the phone sees of its folders: where its files arrive, and its mirror (`ok` without one). Never throws. */
export const lookAtPhone = async (
  world: PhoneWorld,
  phone: Phone,
): Promise<{ readonly ingest: Seen; readonly media: Seen }> => {
  const { ingest, media } = phonePlaces(world, phone);
  const [first = 'unreadable', second = 'ok'] = await lookAs(
    world,
    { uid: phone.uid, groups: groupsOf(phone) },
    media === null ? [ingest] : [ingest, media],
  );
  return { ingest: first, media: second };
};

/** One pass of a phone's mirror, as the phone. Throws as `startJob` does, and `no-mirror`; its folders are there (`lookAtPhone`). */
export const startMirror = async (
  world: PhoneWorld,
  phone: Phone,
  { marker, ...wishes }: Wishes & { readonly timeZone: string },
): Promise<PassResult> => {
  const { timeZone, ...rest } = wishes;
  const places = phonePlaces(world, phone);
  const { media } = phone;
  if (media === null) {
    throw new Problem('no-mirror', `${phone.name} has no mirror.`, 'Give it one in sources.yaml: media, with `to`.');
  }
  const patienceMs = phone.ingest.syncthing === null ? settleMs.other : settleMs.syncthing;
  const args = mirrorArguments({ ...phone, media }, places, { marker, timeZone, settleMs: patienceMs });
  const cell = mirrorCell(places, args.target);
  return startJob(world, phone, mirrorCall, args, { ...rest, ...ofPhone(world, phone, places, cell) });
};

/**
 * A wake of a phone's backup, as the phone: restic in a cell that holds nothing of the store. Throws as `startJob` does, `password-unreadable`
 * where the password can not be read, and `restic-missing`. The store's door is open, and the phone's folders are there.
 */
export const startBackup = async (
  world: PhoneWorld,
  phone: Phone,
  { marker, isNow, timeZone, ...wishes }: BackupWishes,
): Promise<BackupResult> => {
  const { places, cell, ...given } = resticCell(world, phone, zoneFileOf(timeZone));
  const { exclude, settleMs } = phone.ingest;
  const args = {
    ...{ name: phone.name, ingest: places.ingest, marker, home: places.agentHome },
    ...{ ...given, receiveSocket: places.receiveSocket, controlSocket: places.controlSocket },
    ...{ exclude: [...exclude], settleMs, isNow, timeZone },
  };
  return startJob(world, phone, backupCall, args, { ...wishes, ...ofPhone(world, phone, places, cell) });
};

/**
 * Another job of the ingest program with restic, for the admin: in the cell of a backup; `target` is a folder that it writes into
 * beside, with the links that a phone's folder may hold. `given` is what every one of them is told. Throws as `startBackup` does.
 */
export const startWithRestic = async <Arguments extends z.ZodType, Result extends z.ZodType>(
  world: PhoneWorld,
  phone: Phone,
  job: Pick<Job<Arguments, Result>, 'name' | 'args' | 'result'>,
  argsFor: (given: ResticGiven) => z.input<Arguments>,
  wishes: Pick<JobWishes, 'signal' | 'onProgress'> & { readonly target?: string } = {},
): Promise<z.output<Result>> => {
  const { target, ...rest } = wishes;
  const { places, cell, ...given } = resticCell(world, phone);
  const wider = target === undefined ? cell : { ...cell, writable: [...cell.writable, target], links: [target] };
  const args = argsFor({ ...given, home: places.agentHome, receiveSocket: places.receiveSocket });
  return startJob(world, phone, job, args, { ...rest, ...ofPhone(world, phone, places, wider), background: false });
};

/**
 * The words that start the ingest program with restic for what is no job, because its output is bytes: `dump`. Who starts them gives their
 * output a place, and an environment of nothing but a PATH. Throws as `startBackup` does.
 */
export const wordsWithRestic = (
  world: PhoneWorld,
  phone: Phone,
  word: string,
  argsFor: (given: ResticGiven) => unknown,
): readonly string[] => {
  const { places, cell, ...given } = resticCell(world, phone);
  const args = argsFor({ ...given, home: places.agentHome, receiveSocket: places.receiveSocket });
  return jobCommand(world, phone, [word, JSON.stringify(args)], ofPhone(world, phone, places, cell));
};

/** By what restic of a phone reaches its repository. */
export interface ResticGiven {
  readonly home: string;
  readonly passwordFile: string;
  readonly receiveSocket: string;
  readonly restic: string;
  readonly dial: string[];
}

const resticCell = (world: PhoneWorld, phone: Phone, zoneFile: string | null = null) => {
  const { restic, node, dial, mode, configFolder } = world;
  if (restic === null) {
    throw new Problem(
      'restic-missing',
      'This machine has no restic, with which the server backs phones up.',
      'Install it: apt-get install restic',
    );
  }
  const places = phonePlaces(world, phone);
  const runtime = reachedFrom(world, places.runtime);
  const password = passwordFor({ mode, configFolder, runtime }, phone);
  const passwordFile = password.startsWith('/') ? password : `${places.runtime}/${password}`;
  const cell = backupCell(places, passwordFile, restic, zoneFile);
  const dialing = [node, ...nodeWords({ program: dial, readable: [], writable: [] }), dial];
  return { places, cell, passwordFile, restic: restic.path, dial: dialing };
};

/** What is the same of everything that is started for a phone in this cell. */
export const ofPhone = ({ ingest }: PhoneWorld, phone: Phone, { directory }: PhonePlaces, cell: PhoneCell) => ({
  program: ingest,
  cell,
  groups: groupsOf(phone),
  directory,
  background: true,
});

const groupsOf = ({ ingest }: Phone): readonly number[] => (ingest.group === null ? [] : [ingest.group]);
