import type { SyncthingState } from '../facts.ts';
import type { Connections, DeviceStats, FolderConfig, FolderStatus } from './answers.ts';
import { foreign } from './problem.ts';
import { isCalm } from './quiet.ts';

/** What Syncthing has answered. */
export interface Known {
  readonly version: string;
  readonly myId: string;
  readonly folder: FolderConfig;
  readonly status: FolderStatus;
  readonly connections: Connections;
  readonly stats: DeviceStats;
}

/** What all of that means. `isQuiet`: nothing has been on its way for long enough. */
export const stateOf = (known: Known, isQuiet: boolean, nowMs: number): SyncthingState & { readonly kind: 'up' } => {
  const { folder, status, version } = known;
  const phones = (folder.devices ?? []).map(({ deviceID }) => deviceID).filter((id) => id !== known.myId);
  const error = status.error === '' && status.state === 'error' ? 'it does not say why' : status.error;
  return {
    kind: 'up',
    quiet: isCalm(folder, status) === null ? null : isQuiet,
    needItems: Math.max(0, status.needTotalItems),
    pullErrors: Math.max(0, status.pullErrors),
    paused: folder.paused ? 'folder' : isPaused(phones, known.connections) ? 'phone' : 'no',
    error: error === '' ? null : foreign(error),
    folderType: foreign(folder.type, 20).slice(0, 50),
    ignoresDeletes: folder.ignoreDelete,
    markerName: folder.markerName.slice(0, 255),
    phoneSeenAt: seenAt(phones, known, nowMs),
    version: foreign(version, 20).slice(0, 50),
  };
};

/** Who shares the folder with us is paused, all of them. */
const isPaused = (phones: readonly string[], connections: Connections): boolean =>
  phones.length > 0 && phones.every((id) => connections[id]?.paused === true);

/** It is written down when a connection begins and ends, so who is connected is seen now. */
const seenAt = (phones: readonly string[], { connections, stats }: Known, nowMs: number): string | null => {
  if (phones.some((id) => connections[id]?.connected === true)) return new Date(nowMs).toISOString();
  // Never is the first moment of 1970, or of the year 1.
  const newest = Math.max(0, ...phones.map((id) => seenMs(stats[id]?.lastSeen)));
  // By a clock that goes before ours it was seen just now.
  return newest === 0 ? null : new Date(Math.min(newest, nowMs)).toISOString();
};

const seenMs = (text: string | undefined): number => {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? 0 : ms;
};

/** True where the two say the same but for when the phone was seen last, which changes all the time. */
export const isSameState = (one: SyncthingState | null, other: SyncthingState): boolean =>
  one !== null && JSON.stringify(withoutSeen(one)) === JSON.stringify(withoutSeen(other));

const withoutSeen = (state: SyncthingState): SyncthingState =>
  state.kind === 'up' ? { ...state, phoneSeenAt: state.phoneSeenAt === null ? null : '' } : state;
