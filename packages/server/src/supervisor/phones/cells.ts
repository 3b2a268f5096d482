import type { Cell } from '../../session/jail.ts';
import type { PhonePlaces } from './places.ts';
import type { PhoneWorld } from './world.ts';

/** What a program that works on a phone's files may reach beside its own code. */
export type PhoneCell = Omit<Cell, 'node' | 'program'>;

/** A pass of the mirror reads what arrives, and writes the mirror and what it remembers of it. */
export const mirrorCell = (places: Pick<PhonePlaces, 'ingest' | 'mirrorState'>, target: string): PhoneCell => ({
  readable: [places.ingest],
  writable: [target, places.mirrorState],
});

/**
 * A backup reads what arrives and the password (and the file of its time zone), writes the home of its agent, and starts restic, which is then in this cell too: nothing of the store
 * is in it. Those files came from outside, and may have taken restic over; to the store it has the door.
 */
export const backupCell = (
  places: Pick<PhonePlaces, 'ingest' | 'agentHome' | 'runtime'>,
  passwordFile: string,
  restic: NonNullable<PhoneWorld['restic']>,
  zoneFile: string | null = null,
): PhoneCell => ({
  // Landlock allows files, not names: the copy that is made for the next command would be another one to those that run.
  readable: passwordFile.startsWith(`${places.runtime}/`) ? [places.ingest, places.runtime] : [places.ingest],
  writable: [places.agentHome],
  files: [passwordFile],
  programs: [restic.path],
  system: { files: [...restic.libraries, ...(zoneFile === null ? [] : [zoneFile])], folders: [] },
});
