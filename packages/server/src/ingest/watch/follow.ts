import type { Clock } from '../../coordinator/clock.ts';
import type { SyncthingState } from '../facts.ts';
import type { SyncthingClient } from '../syncthing/client.ts';
import { newsOf } from '../syncthing/events.ts';
import { SyncthingProblem } from '../syncthing/problem.ts';
import { calmSince, isCalm, untilQuietMs } from '../syncthing/quiet.ts';
import { type Known, stateOf } from '../syncthing/state.ts';

/** What following needs of the world. */
export interface FollowWorld {
  readonly client: SyncthingClient;
  readonly clock: Clock;
  /** Rejects when it is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How it is now, whether it is new or not. */
  readonly onState: (state: SyncthingState) => void;
  /** Files have arrived or gone, or may have. */
  readonly onChanged: () => void;
  /** It is there, and goes on being there. */
  readonly onWell: () => void;
}

/** What it does not say by itself is asked for so often, in milliseconds. */
const askAgainMs = 60_000;
/** So long Syncthing waits for something to happen before it answers that nothing did, in seconds. */
const longestWaitS = 30;
/** Between two questions: files come in crowds. After an answer without news, so that one that never waits is not asked all the time. */
const pauseMs = { crowd: 250, noNews: 1000 };

/** Follows one life of a Syncthing, from the first question to its end; resolves when it was started anew, rejects with a SyncthingProblem. */
export const followOnce = async (folderId: string, world: FollowWorld, signal: AbortSignal): Promise<void> => {
  const { client, clock, sleep, onState, onChanged, onWell } = world;
  // The subscription begins with the first question: whatever happens while the rest is asked will be told.
  const latest = await client.events({ since: 0, timeoutS: 1, limit: 1 }, signal);
  let since = latest.at(-1)?.id ?? 0;
  const { myID: myId, startTime } = await client.system(signal);
  const version = await client.version(signal);
  let known: Known = { version, myId, ...(await askAll(client, folderId, signal)) };
  let calm: number | null = null;
  let askedMs = clock.steadyMs();
  const tell = (): void => {
    calm = calmSince(calm, isCalm(known.folder, known.status), clock.steadyMs());
    onState(stateOf(known, untilQuietMs(calm, clock.steadyMs()) === 0, clock.wallMs()));
  };
  tell();
  // Nobody knows what has happened before.
  onChanged();

  for (;;) {
    const waitMs = Math.min(askedMs + askAgainMs - clock.steadyMs(), untilQuiet(calm, clock.steadyMs()));
    const timeoutS = Math.min(longestWaitS, Math.max(1, Math.ceil(waitMs / 1000)));
    const events = await client.events({ since, timeoutS }, signal);
    onWell();
    const news = newsOf(events, { since, status: known.status, folderId });
    const isDue = clock.steadyMs() - askedMs >= askAgainMs;
    // After a start its ids begin anew: a question for what comes after an id of before is answered with nothing, for ever.
    if ((news.isNone || isDue) && (await client.system(signal)).startTime !== startTime) return;
    known = { ...known, status: news.status };
    if (news.hasGap || news.ask === 'everything') known = { ...known, ...(await askAll(client, folderId, signal)) };
    else if (isDue || news.ask === 'devices') known = { ...known, ...(await askCheap(client, folderId, signal)) };
    if (isDue) askedMs = clock.steadyMs();
    since = news.since;
    tell();
    if (news.hasChanged || news.hasGap) onChanged();
    await sleep(news.isNone ? pauseMs.noNews : pauseMs.crowd, signal);
  }
};

/** When it is quiet there is nothing to wait for. */
const untilQuiet = (calm: number | null, nowMs: number): number =>
  untilQuietMs(calm, nowMs) || Number.POSITIVE_INFINITY;

type Cheap = Pick<Known, 'folder' | 'connections' | 'stats'>;

const askCheap = async (client: SyncthingClient, folderId: string, signal: AbortSignal): Promise<Cheap> => {
  const folder = await client.folder(folderId, signal);
  if (folder === null) throw new SyncthingProblem({ kind: 'unknown-folder' });
  return { folder, connections: await client.connections(signal), stats: await client.stats(signal) };
};

const askAll = async (
  client: SyncthingClient,
  folderId: string,
  signal: AbortSignal,
): Promise<Cheap & Pick<Known, 'status'>> => {
  const cheap = await askCheap(client, folderId, signal);
  return { ...cheap, status: await client.status(folderId, signal) };
};
