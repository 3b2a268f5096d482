import { readFile } from 'node:fs/promises';
import type { Home } from '../config/home.ts';
import type { Destination } from '../transport/destination.ts';
import { readPins } from '../transport/known-hosts.ts';
import { connect } from './connect.ts';
import { openControl } from './control.ts';
import { type Coordinator, createCoordinator } from './coordinator.ts';

/** How long a login may take, and then its session; and each of them once we are told to stop. */
const deadlines = { login: 15_000, stopping: 3_000 } as const;

/** The coordinator of the server at `destination`, reached as berth's own ssh does: the pinned host key, and the key of this home. */
export const coordinatorAt = (
  destination: Destination,
  home: Pick<Home, 'knownHosts' | 'key'>,
  signal?: AbortSignal,
): Coordinator =>
  createCoordinator(async () => {
    const pins = await readPins(home.knownHosts).catch(() => []);
    const privateKey = await readFile(home.key, 'utf8').catch(() => null);
    if (pins.length === 0 || privateKey === null) return { kind: 'failed', detail: 'this machine is not enrolled' };
    const within = (): number => (signal?.aborted === true ? deadlines.stopping : deadlines.login);
    const connection = await connect({ destination, pins, privateKey, deadlineMs: within() });
    if (connection.kind !== 'open') {
      return { kind: 'failed', detail: 'detail' in connection ? connection.detail : connection.kind };
    }
    const { client } = connection;
    const control = await openControl(client, within());
    if ('ask' in control) return { control, end: () => client.end() };
    // Not a goodbye: a server that does not answer would not answer that either, and this process would wait for it.
    client.destroy();
    return control;
  }, signal);
