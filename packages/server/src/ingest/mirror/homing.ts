import { decideOn, type FoundFolder, type Home, readHome, writeHome } from './home.ts';
import type { Ledger } from './ledger.ts';
import type { MirrorArguments } from './pass.ts';

/** Keeps in one pass what is written down of the mirror's folder in step with what the folder is. */
export class Homing {
  readonly #args: Pick<MirrorArguments, 'state' | 'to'>;
  readonly #ledger: Ledger;
  readonly #now: () => Date;
  #home: Home | null;

  constructor(args: Pick<MirrorArguments, 'state' | 'to'>, ledger: Ledger, now: () => Date) {
    this.#args = args;
    this.#ledger = ledger;
    this.#now = now;
    this.#home = readHome(args.state);
  }

  decide(found: Omit<FoundFolder, 'to'>): ReturnType<typeof decideOn> {
    return decideOn(this.#home, this.#ledger.rows.size > 0, { ...found, to: this.#args.to });
  }

  /** What the index says is about another folder: all of it is looked at anew. */
  async begin(mark: string): Promise<void> {
    const forgotten = [...this.#ledger.rows.keys()];
    const tally = { atMs: this.#now().getTime(), copied: 0, copiedBytes: 0, versions: 0 };
    if (forgotten.length > 0) this.#ledger.save({ rows: [], forgotten, tally });
    await this.#write({ to: this.#args.to, mark, isInUse: false });
  }

  /** Writes down what is so by now of the folder that was opened. */
  async keep(): Promise<void> {
    const home = this.#home;
    if (home === null) return;
    const isInUse = home.isInUse || this.#ledger.rows.size > 0;
    if (home.to !== this.#args.to || home.isInUse !== isInUse)
      await this.#write({ ...home, to: this.#args.to, isInUse });
  }

  async #write(home: Home): Promise<void> {
    await writeHome(this.#args.state, home);
    this.#home = home;
  }
}
