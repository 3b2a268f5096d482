import type { Row } from './ledger.ts';
import { foldOf } from './names.ts';
import type { Raw } from './raw.ts';

/** Whose a place of the mirror is: by its name, and by the names that a disk without case takes for the same. */
export class Owners {
  readonly #byFold = new Map<string, Row[]>();

  constructor(rows: Iterable<Row>) {
    for (const row of rows) this.add(row);
  }

  /** The rows whose place is `place`, or may be on some disk. */
  of(place: Raw): readonly Row[] {
    return this.#byFold.get(foldOf(place)) ?? [];
  }

  add(row: Row): void {
    const fold = foldOf(row.place);
    const rows = this.#byFold.get(fold);
    if (rows === undefined) this.#byFold.set(fold, [row]);
    else rows.push(row);
  }

  remove(row: Row): void {
    const fold = foldOf(row.place);
    const rows = this.#byFold.get(fold)?.filter(({ path }) => path !== row.path) ?? [];
    this.#byFold.set(fold, rows);
  }
}
