import { Problem } from '@berth/common/problem.ts';
import { markerOf } from '../ingest/backup/marker.ts';
import type { PhoneFacts } from '../ingest/facts.ts';
import { readPhoneFacts } from '../ingest/facts-file.ts';
import { status } from '../status/status.ts';
import { type Phone, phonePlaces } from '../supervisor/phones/places.ts';
import { lookAtPhone } from '../supervisor/phones/start.ts';
import { type PhoneWorld, phoneWorldBeside } from '../supervisor/phones/world.ts';
import { thisProgram } from '../supervisor/program.ts';
import { phoneCalled, phonesInForce } from './on-phone.ts';

/** What a command needs that works on one phone. */
export interface AtPhone {
  readonly phone: Phone;
  /** Where and as what its processes run. */
  readonly world: PhoneWorld;
  /** What the server last knew of it; null for nothing. */
  readonly facts: PhoneFacts | null;
  /** What marks its folder as Syncthing's; null where nothing does. */
  readonly marker: string | null;
  /** IANA name: the server's zone. */
  readonly timeZone: string;
  /** Whether the server runs. */
  readonly up: boolean;
}

/** The phone called `name`, and where its processes run. Throws as `phonesInForce` and `phoneCalled` do, and `server-down` where its namespace is needed. */
export const atPhone = async (dataDir: string, name: string): Promise<AtPhone> => {
  const inForce = await phonesInForce(dataDir);
  const phone = phoneCalled(name, inForce);
  const { server, up } = await status(dataDir);
  const world = await phoneWorldBeside({ server, up, dataDir, program: thisProgram() });
  const facts = readPhoneFacts(dataDir).find((one) => one.name === name) ?? null;
  return { phone, world, facts, marker: markerOf(phone.ingest, facts), timeZone: inForce.config.settings.timeZone, up };
};

/** Throws `ingest-missing`, `ingest-unreadable`, `mirror-missing` or `mirror-unreadable` unless the phone's UID sees its folders. */
export const requireFolders = async ({ world, phone }: AtPhone): Promise<void> => {
  const seen = await lookAtPhone(world, phone);
  const places = phonePlaces(world, phone);
  const uid = phone.uid;
  if (seen.ingest !== 'ok')
    throw folderProblem(
      'ingest',
      seen.ingest,
      places.ingest,
      `Let UID ${uid} read it, or name the group that may: group, under ingest.`,
    );
  if (seen.media !== 'ok')
    throw folderProblem('mirror', seen.media, places.media ?? '', `Give it to the phone: chown ${uid} and the folder.`);
};

const folderProblem = (
  what: 'ingest' | 'mirror',
  seen: 'missing' | 'unreadable',
  path: string,
  right: string,
): Problem =>
  new Problem(
    `${what}-${seen}`,
    `${path} ${seen === 'missing' ? 'is not there' : "can not be read as the phone's UID"}.`,
    seen === 'missing'
      ? 'See that the server runs and that its disk is mounted. A folder that is new to a container is mounted by: berth-server up; to a service of systemd as docs/install-on-the-host.md says.'
      : right,
  );
