import type { MonitorState } from '../state.ts';

/** An opened state, and where a broken one was set aside before; null when there was none. */
export interface OpenedMonitorState {
  readonly state: MonitorState;
  readonly aside: string | null;
}

/**
 * The state in one SQLite file, made when missing, its folder too (0700). A file that is broken is set aside (`….broken-<time>`),
 * never removed, and a new one begins. Throws `state-newer`, and the disk's errors: the monitor then goes on with `memoryState()`.
 * `onTrouble` is told when the disk does not take something, which is tried again every half minute, and with null when it did.
 */
export const openMonitorState = (
  _path: string,
  _options: { readonly now: () => Date; readonly onTrouble: (error: unknown) => void },
): OpenedMonitorState => {
  throw new Error('not yet');
};

/** What is kept in the file at `path`, for whoever only looks: what is saved there stays in memory and is gone at the end. Never throws. */
export const previewMonitorState = (_path: string): MonitorState => {
  throw new Error('not yet');
};

/** One that knows nothing and forgets everything. */
export const memoryState = (): MonitorState => {
  throw new Error('not yet');
};
