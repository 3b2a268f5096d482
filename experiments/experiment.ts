/** What an experiment is given. */
export interface Conditions {
  /** True for the form with the figures of the docs; the short form is for every run of the tests. */
  readonly full: boolean;
  /** Shows a line of progress to whoever watches. */
  readonly say: (line: string) => void;
  /** Aborted when the person wants it to end: every child is ended and every folder removed before `run` rejects. */
  readonly signal: AbortSignal;
  /** Where all randomness begins; the harness has printed it, and `BERTH_SEED` gives it again. */
  readonly seed: number;
}

/** What came out: the row that is printed. */
export interface Outcome {
  /** What was done how often, such as `300 races of 8 sessions`. */
  readonly many: string;
  /** What was lost or went wrong, such as `0 objects`. */
  readonly lost: string;
  /** What was measured besides, in a few words. */
  readonly figure: string;
  /** True only when all that the experiment is there to show was seen. */
  readonly held: boolean;
}

/** An experiment: one file of this folder exports one, and `registry.ts` lists it. */
export interface Experiment {
  /** Its number, which never becomes another's. */
  readonly id: number;
  /** What is tried, in a few words. */
  readonly name: string;
  /**
   * Tries it. Rejects with `Skipped` where this machine can not; any other rejection is a failure, which never counts
   * as held. Leaves nothing behind, however it ends.
   */
  readonly run: (conditions: Conditions) => Promise<Outcome>;
}

/** Thrown by an experiment that this machine can not run, with the reason. What was skipped has not held. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}
