import type { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers';
import { isLostSync } from '../../database/failure.ts';

interface Work {
  readonly run: () => void;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Group commit: whatever is asked for in one turn of the event loop is one transaction, so one fsync. Each has a savepoint
 * of its own, so that one that fails undoes nothing of the others. Nobody is answered before the commit.
 */
export class Commits {
  readonly #db: DatabaseSync;
  #queue: Work[] = [];

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** What `work` returned, once it is on the disk. `work` may be run again where the transaction was lost, so it changes the database only. */
  run<Result>(work: () => Result): Promise<Result> {
    if (this.#queue.length === 0) setImmediate(() => this.flush());
    return new Promise((resolve, reject) => {
      let result: Result;
      this.#queue.push({
        run: () => {
          result = work();
        },
        done: () => resolve(result),
        failed: reject,
      });
    });
  }

  /** Commits what is waiting, now. */
  flush(): void {
    const works = this.#queue;
    this.#queue = [];
    if (works.length > 0) this.#commit(works);
  }

  #commit(works: readonly Work[]): void {
    const outcomes = new Map<Work, unknown>();
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const work of works) {
        const failure = this.#attempt(work);
        if (failure !== null) outcomes.set(work, failure.error);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      // After an fsync that failed nobody knows what is on the disk, and the next one would lie.
      if (isLostSync(error)) {
        for (const { failed } of works) failed(error);
        return;
      }
      // A full disk can undo the whole transaction (lang_transaction.html, "automatic rollback"): each alone, what fits is kept.
      if (works.length > 1) for (const work of works) this.#commit([work]);
      else works[0]?.failed(error);
      return;
    }
    for (const work of works) {
      if (outcomes.has(work)) work.failed(outcomes.get(work));
      else work.done();
    }
  }

  /** Null when it went well. Throws when the transaction is lost with it. */
  #attempt(work: Work): { readonly error: unknown } | null {
    this.#db.exec('SAVEPOINT work');
    try {
      work.run();
      this.#db.exec('RELEASE work');
      return null;
    } catch (error) {
      if (!this.#db.isTransaction) throw error;
      this.#db.exec('ROLLBACK TO work; RELEASE work');
      return { error };
    }
  }
}
