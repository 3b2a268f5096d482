import type { Placed } from '../journal-read.ts';
import { type Fold, fold, keyOf } from '../past/fold.ts';
import { isChange } from '../record.ts';
import type { Amount, Usage } from '../usage.ts';

/** A fold that also knows what it amounts to: exactly what is in it, where `countRecord` believes every record. */
export interface Tally extends Fold {
  readonly usage: () => Usage;
}

/** A tally of nothing. */
export const tally = (): Tally => {
  const folded = fold();
  let [live, trash] = [none, none];

  const add: Fold['add'] = (placed: Pick<Placed, 'seq' | 'record'>) => {
    const { record } = placed;
    if (isChange(record)) {
      const of = 'of' in record ? record.of : null;
      const there = folded.live.get(keyOf(record.id));
      const copy = of === null ? undefined : folded.trash.get(of);
      const { op, size } = record;
      if (copy !== undefined) trash = sum(trash, copy.size, -1);
      if ((op === 'put' || op === 'restore') && there === undefined) live = sum(live, size, 1);
      const leaves = op === 'trash' || ((op === 'quarantine' || op === 'lost') && of === null);
      if (leaves && there !== undefined) live = sum(live, there.size, -1);
      if (op === 'trash') trash = sum(trash, size, 1);
    }
    folded.add(placed);
  };
  return { live: folded.live, trash: folded.trash, add, usage: () => ({ live, trash }) };
};

const none: Amount = { bytes: 0, objects: 0 };

const sum = ({ bytes, objects }: Amount, size: number, sign: 1 | -1): Amount => ({
  bytes: bytes + sign * size,
  objects: objects + sign,
});
