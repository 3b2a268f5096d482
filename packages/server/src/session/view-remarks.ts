import type { Reading } from '../store/open.ts';
import type { View } from '../store/past/view.ts';

/** What whoever looks at a moment of the past should know of it, in lines for standard error: often nothing. */
export const viewRemarks = ({ at, begins, repository, missing }: Omit<View, keyof Reading>): readonly string[] => {
  if (begins === null) return ['berth: nothing was ever backed up here'];
  if (at === null) return [`berth: the past of this source begins at ${new Date(begins).toISOString()}`];
  if (!repository) return ['berth: this source had no repository at that moment'];
  if (missing === 0) return [];
  return missing === 1
    ? ['berth: 1 object of that moment is gone for good; what needs it cannot be restored']
    : [`berth: ${missing} objects of that moment are gone for good; what needs them cannot be restored`];
};
