import type { Condition, PhoneCode, Severity } from '../../events/condition.ts';
import type { Source } from '../../sources/source.ts';
import type { PhoneFacts } from '../facts.ts';

/** What is to be said where something is so. Texts name no counts and no times that move: the same trouble is the same text. */
export interface Trouble {
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
}

/** `unknown`: that can not be told now, and what was said of it stands. */
export type Verdict = Trouble | 'not-so' | 'unknown';

/** What a verdict is made from. */
export interface Phone {
  readonly source: Source;
  readonly ingest: NonNullable<Source['ingest']>;
  readonly facts: PhoneFacts;
  /** What is so already of this phone; null where it is not. */
  readonly known: (code: PhoneCode) => Condition | null;
  readonly nowMs: number;
}

export const warning = (text: string, remedy: string): Trouble => ({ severity: 'warning', text, remedy });

/** A path as one types it in a shell. */
export const typed = (path: string): string =>
  /^[\w./@%+,:-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** Somebody else's words within a sentence of ours: short, and without its full stop. */
export const said = (words: string): string =>
  words
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .replace(/\p{Cs}$/u, '')
    .replace(/[.\s]+$/u, '');
