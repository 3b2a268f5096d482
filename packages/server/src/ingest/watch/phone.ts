import type { Logger } from 'pino';
import type { Clock } from '../../coordinator/clock.ts';
import type { SyncthingState } from '../facts.ts';
import type { createSyncthing } from '../syncthing/client.ts';
import { SyncthingProblem } from '../syncthing/problem.ts';
import { isSameState } from '../syncthing/state.ts';
import { atMostEvery } from './at-most-every.ts';
import { followOnce } from './follow.ts';
import type { FromWatcher, ToWatcher } from './link.ts';

/** Whom to watch, and how to ask. */
export type WatchedPhone = ToWatcher['phones'][number];

/** What the watch over a phone needs of the world. */
export interface WatchWorld {
  readonly clock: Clock;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly tell: (message: FromWatcher) => void;
  readonly log: Logger;
  readonly createClient: typeof createSyncthing;
}

/** A state that stays as it is is said again when it is asked for a minute later; how far apart two words of change are; how pauses grow. */
const sayAgainMs = 50_000;
const changedApartMs = 1000;
const [firstPauseMs, longestPauseMs] = [1000, 60_000];

/** Watches one phone's folder until it is aborted: comes back after growing pauses whenever Syncthing is gone. Never rejects. */
export const watchPhone = async (phone: WatchedPhone, world: WatchWorld, signal: AbortSignal): Promise<void> => {
  const { clock, sleep, tell, log } = world;
  const { name, url, key, certificate, folderId } = phone;
  const client = world.createClient({ url, key, certificate });
  const sayChanged = () => tell({ type: 'changed', phone: name });
  const onChanged = atMostEvery(changedApartMs, sayChanged, world, signal);
  let pauseMs = firstPauseMs;
  let said: SyncthingState | null = null;
  let saidMs = 0;
  const onState = (state: SyncthingState): void => {
    const isNew = !isSameState(said, state);
    if (!isNew && clock.steadyMs() - saidMs < sayAgainMs) return;
    if (said?.kind !== state.kind)
      log.info({ source: name, syncthing: state.kind }, 'Syncthing answers otherwise than before');
    [said, saidMs] = [state, clock.steadyMs()];
    tell({ type: 'state', phone: name, state });
  };
  const onWell = (): void => {
    pauseMs = firstPauseMs;
  };
  while (!signal.aborted) {
    try {
      await followOnce(folderId, { client, clock, sleep, onState, onChanged, onWell }, signal);
      // It was started anew, and is there already.
      pauseMs = firstPauseMs;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof SyncthingProblem) onState(error.trouble);
      else log.error({ source: name, err: error }, 'the watch over a phone has gone wrong; it begins anew');
    }
    await sleep(pauseMs, signal).catch(() => undefined);
    pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
  }
};
