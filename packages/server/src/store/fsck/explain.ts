import type { ObjectId } from '../object.ts';
import { type Fold, keyOf, type Trashed } from '../past/fold.ts';
import type { Change } from '../record.ts';
import type { Seq } from '../seq.ts';
import { type Difference, pathOf, type Stray } from './compare.ts';
import type { Finding, FindingCode, Mend } from './finding.ts';

/** A record about an object, and where it stands. */
export interface Event {
  readonly seq: Seq;
  readonly change: Change;
}

/** All records about the objects that differ, by `keyOf`, each in the journal's order. */
export type History = ReadonlyMap<string, readonly Event[]>;

/** The objects whose history `explain` needs. */
export const keysToExplain = (difference: Difference): ReadonlySet<string> =>
  new Set([
    ...difference.extraLive.keys(),
    ...difference.missingLive.keys(),
    ...[...difference.extraTrash, ...difference.missingTrash, ...difference.quarantine].map(({ id }) => keyOf(id)),
  ]);

/** Says why each object that differs does, and what would mend it, from its records alone. Pure. */
export const explain = (
  difference: Difference,
  history: History,
  fold: Pick<Fold, 'live' | 'trash'>,
): readonly Finding[] => {
  const keys = keysToExplain(difference);
  const strays = groupOf(difference.extraTrash);
  const gone = groupOf(difference.missingTrash);
  const aside = groupOf(difference.quarantine);
  const copies = copiesOf(keys, fold, new Set(difference.missingTrash.map(({ seq }) => seq)));
  const objects = [...keys].flatMap((key) =>
    explainObject({
      key,
      events: history.get(key) ?? [],
      extraLive: difference.extraLive.get(key) ?? null,
      missingLive: difference.missingLive.get(key)?.id ?? null,
      since: fold.live.get(key)?.since ?? null,
      strays: strays.get(key) ?? [],
      gone: gone.get(key) ?? [],
      quarantine: aside.get(key) ?? [],
      copies: copies.get(key) ?? [],
    }),
  );
  const suspects = (code: FindingCode, list: Difference['badBytes']): readonly Finding[] =>
    list.map(({ id, of, detail }) => ({ code, name: pathOf(id, of), detail, mend: { do: 'examine', id, of } }));
  return [
    ...objects,
    ...suspects('wrong-size', difference.wrongSize),
    ...suspects('bad-bytes', difference.badBytes),
    ...difference.leftovers.map((name): Finding => ({ code: 'leftover', name, detail: '', mend: null })),
    ...difference.odd.map(
      ({ oddity, path, detail }): Finding => ({
        code: oddity,
        name: path,
        detail,
        mend: oddity === 'mode' ? { do: 'mode', path } : null,
      }),
    ),
  ];
};

const groupOf = <T extends Stray>(strays: readonly T[]): ReadonlyMap<string, readonly T[]> =>
  Map.groupBy(strays, ({ id }) => keyOf(id));

/** The recorded copies in the trash whose files are there, newest first. */
const copiesOf = (keys: ReadonlySet<string>, fold: Pick<Fold, 'trash'>, gone: ReadonlySet<Seq>) =>
  groupOf([...fold.trash.values()].filter(({ id, seq }) => keys.has(keyOf(id)) && !gone.has(seq)).reverse());

interface Case {
  readonly key: string;
  readonly events: readonly Event[];
  readonly extraLive: { readonly id: ObjectId; readonly size: number } | null;
  readonly missingLive: ObjectId | null;
  /** The place by which it is live in the fold, or null. */
  readonly since: Seq | null;
  readonly strays: readonly Stray[];
  readonly gone: readonly Trashed[];
  readonly quarantine: readonly Stray[];
  readonly copies: readonly Trashed[];
}

const explainObject = (found: Case): readonly Finding[] => {
  const { events, quarantine } = found;
  const findings: Finding[] = [];
  const say = (code: FindingCode, id: ObjectId, of: Seq | null, mend: Mend | null): void => {
    findings.push({ code, name: pathOf(id, of), detail: '', mend });
  };
  const asideAt = new Set(quarantine.map(({ seq }) => seq));
  let gone = [...found.gone];
  let live = found.extraLive;
  let missing = found.missingLive;
  let isUnrecordedInTrash = false;

  // A deletion whose move did not happen: the file is live, and the trash lacks it.
  const last = events.findLast(({ change }) => concernsLive(change));
  if (live !== null && last?.change.op === 'trash' && gone.some(({ seq }) => seq === last.seq)) {
    say('unmoved', live.id, null, { do: 'perform', ...last });
    gone = gone.filter(({ seq }) => seq !== last.seq);
    live = null;
  }
  for (const { id, seq } of found.strays) {
    const fate = events.find(({ change }) => 'of' in change && change.of === seq);
    const undone =
      fate?.change.op === 'purge' ||
      (fate?.change.op === 'restore' && found.since === fate.seq) ||
      (fate?.change.op === 'quarantine' && !asideAt.has(fate.seq));
    if (fate !== undefined && undone) {
      say('unmoved', id, seq, { do: 'perform', ...fate });
      if (fate.change.op === 'restore') missing = null;
      continue;
    }
    const [first, ...others] = gone;
    if (first !== undefined) {
      say('missing-trash', id, first.seq, { do: 'rename-trash', id, from: seq, to: first.seq });
      gone = others;
      continue;
    }
    say('unrecorded-trash', id, seq, { do: 'record-trash', id, from: seq });
    isUnrecordedInTrash = true;
  }
  if (live !== null) say('unrecorded', live.id, null, { do: 'record-live', ...live });
  // A file in the trash without a record says by itself that it was deleted, and the journal lost that.
  if (missing !== null && !isUnrecordedInTrash) {
    say('missing', missing, null, { do: 'restore', id: missing, copies: found.copies.map(({ seq }) => seq) });
  }
  for (const { id, seq } of gone) say('missing-trash', id, seq, { do: 'lose-trash', id, of: seq });
  const recorded = new Set(events.flatMap(({ seq, change }) => (change.op === 'quarantine' ? [seq] : [])));
  for (const { id, seq } of quarantine.filter((stray) => !recorded.has(stray.seq))) {
    findings.push({
      code: 'unrecorded-quarantine',
      name: `quarantine/${id.type}/${id.name}.${seq}`,
      detail: '',
      mend: null,
    });
  }
  return findings;
};

/** True for what makes an object live, or no longer so. */
const concernsLive = (change: Change): boolean =>
  change.op === 'put' || change.op === 'trash' || change.op === 'restore' || !('of' in change && change.of !== null);
