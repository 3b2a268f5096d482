import type { Words } from '@berth/common/restic/result.ts';

/** What the server said of the moment on standard error, which restic passes on: that objects are gone, where the past begins. */
export const remarksOf = ({ words }: Pick<Words, 'words'>): readonly string[] =>
  words.flatMap((line) => /^rclone: berth: (.+)$/.exec(line)?.[1] ?? []);
