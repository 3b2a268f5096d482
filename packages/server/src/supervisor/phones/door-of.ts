import { join } from 'node:path';
import type { Logger } from 'pino';
import { becoming } from '../../jobs/start.ts';
import { noKey, sessionWords } from '../../session/forced-command.ts';
import { type Door, openDoor } from './door.ts';
import { type Phone, phonePlaces } from './places.ts';
import { type PhoneWorld, reachedFrom } from './world.ts';

/**
 * The door to a phone's store: who comes in gets today's session of that source, `receive`, behind the walls that every source has; the words of
 * sshd's forced command, but for the key. A command of the admin's opens one of its own (`own`: the name of its socket, which no other one has, and what is asked for, such as
 * `receive --as-of 2026-03-05T12:00:00Z`). The runtime folder is there.
 */
export const openDoorOf = async (
  world: PhoneWorld,
  phone: Phone,
  log: Logger,
  own: { readonly name: string; readonly request: string } | null = null,
): Promise<Door & { readonly socket: string }> => {
  const { mode, enter, node, session: program, dataDir, jail } = world;
  const { runtime, receiveSocket, controlSocket } = phonePlaces(world, phone);
  const socket = own === null ? receiveSocket : join(runtime, own.name);
  const words = sessionWords({ node, program, source: phone, key: noKey, dataDir, controlSocket, jail });
  const door = await openDoor({
    socket: reachedFrom(world, socket),
    uid: mode === 'rootless' ? null : phone.uid,
    command: [...becoming({ mode, enter }, phone.uid), ...words],
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SSH_ORIGINAL_COMMAND: own?.request ?? 'receive' },
    log,
  });
  return { ...door, socket };
};
