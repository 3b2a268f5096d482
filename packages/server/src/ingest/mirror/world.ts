import type { DateOf } from '../dates/date-of.ts';
import type { MirrorDisk } from './disk.ts';

/** What a pass works with, beside what it is told. */
export interface MirrorWorld {
  readonly disk: MirrorDisk;
  readonly now: () => Date;
  readonly dateOf: DateOf;
  /** A pass that is told to end answers `stopped`. */
  readonly signal: AbortSignal;
  /** A text that no other mirror has. */
  readonly newMark: () => string;
}
