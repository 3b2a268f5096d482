/** So many deaths within so long are no accident any more. */
const [many, withinMs] = [5, 600_000];

/**
 * How often a child died after it was up. One that dies again and again is never down for long, but does nothing well: that
 * is so from the death that makes them many until somebody says that it is well.
 */
export class Deaths {
  readonly #many: number;
  #at: readonly number[] = [];
  #areMany = false;

  /** How many within ten minutes are many. */
  constructor(atLeast = many) {
    this.#many = atLeast;
  }

  /** It died now: milliseconds from anywhere. */
  note(nowMs: number): void {
    this.#at = [...this.#at.filter((at) => nowMs - at < withinMs), nowMs];
    this.#areMany ||= this.#at.length >= this.#many;
  }

  get areMany(): boolean {
    return this.#areMany;
  }

  /** It has lived for long enough: what was counts no more. */
  forget(): void {
    this.#at = [];
    this.#areMany = false;
  }
}
