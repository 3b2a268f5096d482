import { z } from 'zod';
import type { Raised, Word } from '../events/condition.ts';
import { keyOf } from '../events/condition.ts';
import type { BadFile, ScrubJobResult } from './scrub.ts';

const count = z.int().nonnegative();

/** What is remembered of a scrub. */
export const scrubSummary = z.object({
  checked: count,
  bad: count,
  cycle: z.object({ startedAt: count, bytes: count, bad: count, endedAt: count.nullable() }),
  stopped: z.enum(['signal', 'failing-disk']).nullable(),
});
export type ScrubSummary = z.infer<typeof scrubSummary>;

/** A scrub without the names of what it found: those are conditions. */
export const summaryOf = ({ checked, bad, cycle, stopped }: ScrubJobResult): ScrubSummary => ({
  checked,
  bad: bad.length,
  cycle: { startedAt: cycle.startedAt, bytes: cycle.bytes, bad: cycle.bad, endedAt: cycle.endedAt },
  stopped,
});

/** More than this are one condition: nobody reads a thousand alerts. */
const mostNamed = 20;

/**
 * What a scrub found, as conditions, for whoever ran it. An object in quarantine stays a condition until a review finds
 * that it has come back; one that could not be moved until a whole cycle finds nothing bad.
 */
export const scrubWords = (source: string, { bad, cycle, stopped }: ScrubJobResult): readonly Word[] => {
  const named = bad.slice(0, mostNamed).map((file) => ({ raise: badFile(source, file) }));
  const more = bad.length > mostNamed ? [{ raise: manyBad(source, bad.length) }] : [];
  const failing: Raised = {
    code: 'disk-failing',
    source,
    subject: null,
    severity: 'critical',
    text: `The scrub of ${source} stopped: many files in a row could not be read.`,
    remedy: 'Look at the disk, its cable and the log of the kernel (dmesg) first: most likely the files are sound.',
  };
  const clean = cycle.endedAt !== null && cycle.bad === 0;
  return [
    ...named,
    ...more,
    stopped === 'failing-disk' ? { raise: failing } : { resolve: keyOf(failing) },
    ...(clean ? [{ resolve: keyOf({ code: 'bad-object-stays', source, subject: null }) }] : []),
  ];
};

const badFile = (source: string, { type, name, where, reason, quarantined, restoredFromTrash }: BadFile): Raised => {
  const object = type === 'config' ? 'config' : `${type}/${name}`;
  const what = `${object} of ${source}${where === 'trash' ? ', a copy in the trash,' : ''}`;
  const why = reason === 'hash' ? 'its bytes are not its name' : reason === 'size' ? 'its size is wrong' : reason;
  if (!quarantined) {
    return {
      ...{ code: 'bad-object-stays', source, subject: null, severity: 'critical' },
      text: `${what} is damaged (${why}), and could not be moved to quarantine.`,
      remedy: `Look at the disk, and then scrub everything: berth-server scrub ${source} --all`,
    };
  }
  const isHealed = where === 'trash' || restoredFromTrash;
  return {
    ...{ code: 'bit-rot', source, subject: object, severity: isHealed ? 'warning' : 'critical' },
    text: `${what} was damaged (${why}) and is in quarantine${restoredFromTrash ? '; a sound copy from the trash is in its place' : ''}.`,
    remedy: isHealed
      ? 'Look at the disk (smartctl -a), since it damaged a file.'
      : 'What can be saved, and how, is in docs/runbooks/bit-rot.md: a backup alone does not send it again. Dismiss this at its end.',
  };
};

const manyBad = (source: string, many: number): Raised => ({
  ...{ code: 'bit-rot', source, subject: null, severity: 'critical' },
  text: `${many} files of ${source} were damaged and are in quarantine; the others are named apart.`,
  remedy: `Look at the disk first; then at all of them: berth-server fsck ${source}`,
});
