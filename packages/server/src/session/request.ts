import { type Moment, parseExactMoment } from '@berth/common/moment.ts';
import { parseSeq } from '../store/seq.ts';

/** What a client may ask of a session. */
export type SessionRequest =
  /** To speak the REST API: with the source as it is, or, read-only, as it was at a moment. */
  { readonly service: 'receive'; readonly asOf: Moment | null } | { readonly service: 'control' };

const past = 'receive --as-of ';

/**
 * The request that `command` is, or null. It is one of three, letter by letter as `SSH_ORIGINAL_COMMAND` has it:
 * `receive`, `control`, `receive --as-of MOMENT` with a moment as `formatMoment` writes it. None at all is a wish for a
 * shell.
 */
export const parseRequest = (command: string | undefined): SessionRequest | null => {
  if (command === 'receive') return { service: 'receive', asOf: null };
  if (command === 'control') return { service: 'control' };
  if (command === undefined || !command.startsWith(past)) return null;
  const asOf = parseExactMoment(command.slice(past.length));
  if (asOf === null || (asOf.kind === 'place' && parseSeq(asOf.seq) === null)) return null;
  return { service: 'receive', asOf };
};

/** The line for whoever asked for anything else. It repeats nothing of what was asked. */
export const refusal = (source: string): string =>
  `berth: ${source} can back up and restore here and nothing else; on that machine, type "berth --help"`;
