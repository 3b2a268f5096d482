import { readFile } from 'node:fs/promises';
import { assignmentSchema } from '@berth/common/control/assignment.ts';
import type { Home } from '../config/home.ts';
import { connect } from '../server/connect.ts';
import { askCoordinator } from '../server/control.ts';
import { type Destination, formatDestination } from '../transport/destination.ts';
import { hostKeyChanged, keyRefused } from '../transport/failure.ts';
import { readPins } from '../transport/known-hosts.ts';
import { type Finding, failed, fine, skipped } from './finding.ts';

/** Does the server prove its pinned key, and does it let us in? The second finding says whether a coordinator runs, which needs no action. */
export const checkServer = async (destination: Destination, home: Home): Promise<readonly Finding[]> => {
  const pins = await readPins(home.knownHosts);
  if (pins.length === 0) {
    return [
      failed('host key', `No host key is pinned in ${home.knownHosts}.`, `Run "berth enroll ${destination.host}".`),
    ];
  }
  const pinned = fine('host key', pins.map(({ fingerprint }) => fingerprint).join(', '));
  const privateKey = await readFile(home.key, 'utf8').catch(() => null);
  if (privateKey === null) return [pinned, skipped('server', 'not asked, for lack of a key')];
  const answer = await connect({ destination, pins, privateKey, deadlineMs: 15_000 });
  const publicKey = await readFile(`${home.key}.pub`, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
  const context = { destination, pins, knownHostsFile: home.knownHosts, keyFile: home.key, publicKey };
  switch (answer.kind) {
    case 'open': {
      const coordinator = await askCoordinator(answer.client, '/v1/assignment', assignmentSchema, 10_000);
      answer.client.end();
      const words = {
        ok: 'the coordinator answers',
        refused: 'the coordinator does not answer this; backups work without it',
        'no-coordinator': 'no coordinator; backups work without it',
        failed: 'the control channel does not work; backups work without it',
      };
      return [
        pinned,
        fine('server', `${formatDestination(destination)} lets us in`),
        fine('coordinator', words[coordinator.kind]),
      ];
    }
    case 'host-key-changed': {
      const problem = hostKeyChanged(answer.hostKey.fingerprint, context);
      return [failed('host key', problem.message, problem.remedy)];
    }
    case 'key-refused': {
      const problem = keyRefused(context);
      return [pinned, failed('server', problem.message, problem.remedy)];
    }
    default:
      return [
        pinned,
        failed(
          'server',
          `${formatDestination(destination)} cannot be reached: ${answer.detail}.`,
          'Check that this machine is in the right network and that the server is on.',
        ),
      ];
  }
};
