import type { Media } from '../../sources/source.ts';
import type { PassResult } from '../mirror/pass.ts';
import { type Phone, said, type Trouble, typed, type Verdict, warning } from './verdict.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** So many passes in a row fail by no accident. */
const mostFailures = 3;

/**
 * Three failed passes in a row; or one, and no good one for a quarter of an hour and five times `every`; or none that ended for a day,
 * since the first may copy for hours. What keeps it from reading is said of the folder, not of the mirror.
 */
export const mirrorStuck = (phone: Phone): Verdict => {
  const { source, facts, known, nowMs } = phone;
  const { media } = source;
  if (media === null) return 'not-so';
  if (facts.mirror === null) return 'unknown';
  const { last, at, goodAt, failures } = facts.mirror;
  if (facts.ingest === 'missing' || facts.ingest === 'unreadable' || isOfIngest(last)) return 'unknown';
  if (nowMs - Date.parse(at ?? facts.since) > Math.max(dayMs, 5 * media.everyMs)) return silent(phone);
  if (last === null && failures === 0) return 'unknown';
  if (last !== null && isWhole(last) && failures === 0) return 'not-so';
  // Only some files can not be read: the others are mirrored, and those are said to be unreadable.
  if (last !== null && last.outcome === 'done' && last.failed === 0 && last.unreadable > 0) return 'not-so';
  if (last?.outcome === 'stopped') return 'unknown';
  const waitedMs = nowMs - Date.parse(goodAt ?? facts.since);
  const isLate = failures > 0 && waitedMs > Math.max(15 * minuteMs, 5 * media.everyMs);
  return failures >= mostFailures || isLate || known('mirror-stuck') !== null ? stuck(phone, media, last) : 'unknown';
};

const isOfIngest = (last: PassResult | null): boolean =>
  last?.outcome === 'ingest-missing' || last?.outcome === 'ingest-unreadable';

const isWhole = ({ outcome, failed, unreadable }: PassResult): boolean =>
  outcome === 'done' && failed === 0 && unreadable === 0;

const stuck = ({ source: { name, uid } }: Phone, { to }: Media, last: PassResult | null): Trouble => {
  const goesOn = 'What is mirrored is whole, and stays.';
  switch (last?.outcome) {
    case 'full':
      return warning(
        `The disk of the mirror is full: what does not fit is not copied to ${to}. ${goesOn}`,
        `Make room there: df -h ${typed(to)}. The mirror leaves a little free, and goes on by itself.`,
      );
    case 'target-missing':
      return warning(
        `The folder of the mirror, ${to}, is not there, or is not the one it was: nothing new is copied.`,
        `See that its disk is mounted: ls -a ${typed(to)}. A folder that is new to a container is mounted by: berth-server up; to a service of systemd as docs/install-on-the-host.md says. Where it is mounted and a new mirror is to begin in it, as on a new disk: install -d -o ${uid} ${typed(`${to}/.berth`)}`,
      );
    case 'target-unwritable':
      return warning(
        `The mirror may not write to ${to} (it writes as UID ${uid}): nothing new is copied. ${goesOn}`,
        `Give it the folder: chown ${uid} ${typed(to)} && chmod u+rwx ${typed(to)}. See too that its disk is not mounted read-only: berth-server phone mirror ${name}`,
      );
    default: {
      const why = last?.firstFailure ?? null;
      return warning(
        why === null
          ? `The mirror to ${to} fails without saying why. ${goesOn}`
          : `The mirror to ${to} is not complete: ${said(why)}. ${goesOn}`,
        `Try it now, and see what it says: berth-server phone mirror ${name}`,
      );
    }
  }
};

const silent = ({ source: { name, media } }: Phone): Trouble =>
  warning(
    `No pass of the mirror to ${media?.to} has come to its end for longer than a day.`,
    `See what it does: berth-server phone status ${name}`,
  );
