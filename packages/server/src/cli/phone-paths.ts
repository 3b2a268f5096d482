import { posix } from 'node:path';
import { Problem } from '@berth/common/problem.ts';

/** A path of a phone as restic has it, whether or not the person began it with a slash: `DCIM/` is `/DCIM`. Throws 'path' for one that leads out. */
export const phonePath = (text: string): string => {
  const path = posix.normalize(`/${text}`).replace(/(.)\/$/, '$1');
  const leadsOut = text.split('/').includes('..');
  if (!leadsOut && !text.includes('\0')) return path;
  throw new Problem(
    'path',
    `${JSON.stringify(text)} is no path of a phone.`,
    'Write it from the top of its folder, for example DCIM/Camera.',
  );
};

/** For commander's `option`. */
export const asOfOption = [
  '--as-of <moment>',
  'as it was then: 2026-11-14 (the end of that day), "2026-11-14 09:30", 3d (three days ago)',
] as const;

export const snapshotOption = [
  '--snapshot <id>',
  'another than the latest, as "phone snapshots" names it',
  'latest',
] as const;

/** Throws 'snapshot' for what is no id. */
export const snapshotFrom = (text: string): string => {
  if (/^(?:latest|[0-9a-f]{4,64})$/.test(text)) return text;
  throw new Problem(
    'snapshot',
    `${JSON.stringify(text)} is no snapshot.`,
    'Write latest, or an ID of "phone snapshots".',
  );
};
