import type { Ledger, Tally } from './ledger.ts';
import type { MirrorArguments, PassResult } from './pass.ts';
import { nameOf } from './raw.ts';
import { goneWithinDay, stormOf } from './storm.ts';

/** What a pass counts as it goes. */
export class Count {
  copied = 0;
  copiedBytes = 0;
  versions = 0;
  newlyGone = 0;
  unsettled = 0;
  skipped = 0;
  unreadable = 0;
  failed = 0;
  #first: string | null = null;

  /** Keeps the first words of several. */
  first(words: string | null): void {
    this.#first ??= words === null ? null : words.slice(0, 500);
  }

  /** Something failed, and the pass goes on. */
  fail(words: string): void {
    this.failed += 1;
    this.first(words);
  }

  /** Everything of a result but how and how long. `nowMs` is the moment that a day is counted back from. */
  result(ledger: Ledger, nowMs: number, layout: MirrorArguments['layout']): Omit<PassResult, 'outcome' | 'tookMs'> {
    const { copied, copiedBytes, versions, newlyGone, unsettled, skipped, unreadable, failed } = this;
    let [bytes, gone, renamed] = [0, 0, 0];
    for (const row of ledger.rows.values()) {
      bytes += row.size;
      if (row.goneAt !== null) gone += 1;
      else if (layout === 'as-is' ? row.place !== row.path : nameOf(row.place) !== nameOf(row.path)) renamed += 1;
    }
    const files = ledger.rows.size;
    const done: Tally = ledger.withinDay(nowMs);
    const goneToday = goneWithinDay(ledger.rows.values(), nowMs);
    return {
      ...{
        files,
        bytes,
        copied,
        copiedBytes,
        versions,
        newlyGone,
        gone,
        unsettled,
        skipped,
        renamed,
        unreadable,
        failed,
      },
      firstFailure: this.#first,
      day: { ...done, gone: goneToday },
      storm: stormOf(goneToday, files - gone),
    };
  }
}
