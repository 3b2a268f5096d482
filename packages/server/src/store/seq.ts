import type { Brand } from '@berth/common/brand.ts';

/**
 * A record's place in a journal: the month file it stands in and its byte offset there, as one number that grows with
 * the journal: `yyyymm` × 10^10 + offset. A place never moves, even when two sessions write around the turn of a month,
 * which a line count would not survive. Exact until the year 9007. See docs/decisions/0003-sequence-is-a-place.md.
 */
export type Seq = Brand<number, 'Seq'>;

const offsetsPerMonth = 10_000_000_000;

/** A calendar month of the server's clock in UTC, as journal files are named: `2026-11`. */
export type Month = Brand<string, 'Month'>;

const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;
const isMonth = (text: string): text is Month => monthPattern.test(text);

/** `text` as a month, or null. */
export const parseMonth = (text: string): Month | null => (isMonth(text) ? text : null);

/** The month of `at`, in UTC. */
export const monthOf = (at: Date): Month => {
  const month = parseMonth(at.toISOString().slice(0, 7));
  if (month === null) throw new RangeError(`the clock says ${at.toISOString()}, a year that journals cannot name`);
  return month;
};

/** The place `offset` bytes into the file of `month`. */
export const placeOf = (month: Month, offset: number): Seq => {
  if (offset < 0 || offset >= offsetsPerMonth) throw new RangeError(`no journal file is ${offset} bytes long`);
  return asSeq(Number(month.replace('-', '')) * offsetsPerMonth + offset);
};

/** The month and byte offset of a place. */
export const partsOf = (seq: Seq): { readonly month: Month; readonly offset: number } => {
  const digits = String(Math.floor(seq / offsetsPerMonth)).padStart(6, '0');
  const month = parseMonth(`${digits.slice(0, 4)}-${digits.slice(4)}`);
  if (month === null) throw new RangeError(`${seq} is no place in a journal`);
  return { month, offset: seq % offsetsPerMonth };
};

/** `value` as a place, or null when no journal can have it. */
export const parseSeq = (value: unknown): Seq | null => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return null;
  const month = Math.floor(value / offsetsPerMonth) % 100;
  return month >= 1 && month <= 12 ? asSeq(value) : null;
};

/** Before every record. */
export const beginning = 0 as Seq;

const asSeq = (value: number): Seq => value as Seq;
