import type { Alert } from '../../alerts/alert.ts';
import type { Delivery, SizeDay } from '../state.ts';

/** An alert that people were told of; say what differs. */
export const alert = (key: string, change: Partial<Alert> = {}): Alert => ({
  ...{ key, code: 'overdue', severity: 'warning', worst: 'warning', sources: ['laptop'], title: 'laptop is overdue' },
  members: [{ key, source: 'laptop', sinceMs: 1, awayMs: null, told: true }],
  ...{ sinceMs: 1, seenMs: 2, toldMs: 3, told: 1, nextMs: null, open: true, soMs: 1, awayMs: null, joinedMs: 1 },
  ...{ returns: 0, returnedMs: null, returnsTold: 0, reminders: 0, joins: 0, recentMs: [3] },
  ...change,
});

/** A delivery that is due; say what differs. */
export const delivery = (id: string, change: Partial<Delivery> = {}): Delivery => ({
  ...{ id, channel: 'mail', createdMs: 1, attempts: 0, nextMs: 1, error: null, taken: false },
  message: {
    ...{ id, kind: 'raised', severity: 'warning', title: 'laptop is overdue', body: 'No backup for 3d.' },
    ...{ code: 'overdue', sources: ['laptop'], atMs: 1, url: null, mail: null },
  },
  ...change,
});

/** The size of a source on a day. */
export const size = (source: string | null, day: string, liveBytes: number): SizeDay => ({
  ...{ source, day, liveBytes, trashBytes: 1, objects: 2, snapshots: 3, lastSuccessMs: null },
});
