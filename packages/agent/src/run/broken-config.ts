import { join } from 'node:path';
import type { Problem } from '@berth/common/problem.ts';
import { lastServer } from './assignment.ts';
import { due } from './due.ts';
import { handOver } from './hand-over.ts';
import type { IfDueArguments } from './if-due.ts';
import { isLocked, lockOrNull } from './lock.ts';
import { readOwnRuns } from './own-runs.ts';
import { runBackup } from './run.ts';

/** A file that stays broken is told four times a day. */
const againMs = 6 * 3_600_000;

/**
 * agent.yaml can not be used, so no wake makes a run. Where one is due, that is a run that failed: its report goes to the server that
 * answered this machine last, which else would see nothing before it finds the machine overdue. Throws 'state-unwritable'.
 */
export const tellOfBrokenConfig = async (args: Omit<IfDueArguments, 'skip'>, problem: Problem): Promise<void> => {
  const { home, world, signal, onEvent } = args;
  const known = await lastServer(home.assignment);
  if (known === null) return;
  await using wake = await lockOrNull(join(home.state, 'wake.lock'));
  if (wake === null || (await isLocked(home.lock))) return;
  const nowMs = world.now().getTime();
  const own = await readOwnRuns(home.reports, nowMs);
  if (due({ nowMs, cached: known.cached, own, server: 'away' }).kind !== 'run') return;
  const told = own.lastFailure?.reason === problem.code ? own.lastFailure.endedAtMs : Number.NEGATIVE_INFINITY;
  if (Math.abs(nowMs - told) < againMs) return;
  // Put right in this very moment, it is the next wake's to run.
  await runBackup({ ...args, loadConfig: () => Promise.reject(problem) });
  const config = { server: known.server };
  await using coordinator = world.coordinator(config, signal);
  const handed = await handOver({ home, config, coordinator, now: world.now, withinMs: 60_000 });
  onEvent?.({ type: 'handed-in', ...handed });
};
