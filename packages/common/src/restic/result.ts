import type { FailureKind } from './classify.ts';

/** A file restic could not read or write. `message` is '' where restic gives no reason (0.14). */
export interface ItemError {
  readonly item: string;
  readonly during: string;
  readonly message: string;
}

/** What restic said besides its answer, bounded: the first lines of each kind are kept and all are counted. */
export interface Words {
  /** Plain lines of stderr in restic's own words, at most 200 of at most 2000 characters; no control characters. */
  readonly words: readonly string[];
  /** Things a person should know of though the command went on: lines we could not read, paths that do not exist. */
  readonly warnings: readonly string[];
  readonly itemErrors: readonly ItemError[];
  /** All of them, also those beyond the 100 kept. */
  readonly itemErrorCount: number;
}

/** The command did its work; `incomplete` when parts of it were left out, which `itemErrors` and `warnings` name. */
export interface Done<Value> extends Words {
  readonly kind: 'ok' | 'incomplete';
  readonly value: Value;
}

/** The command did not do its work. `exitCode` is null when a signal ended it. */
export interface Failed extends Words {
  readonly kind: FailureKind;
  readonly exitCode: number | null;
}

/** What a restic command came to. Nothing restic does makes a command reject; `isDone` tells the two apart. */
export type ResticResult<Value> = Done<Value> | Failed;

/** True for `ok` and `incomplete`: there is a value. */
export const isDone = <Value>(result: ResticResult<Value>): result is Done<Value> =>
  result.kind === 'ok' || result.kind === 'incomplete';
