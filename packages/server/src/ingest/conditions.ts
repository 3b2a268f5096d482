import { type Condition, keyOf, type PhoneCode, phoneCodes, type Word } from '../events/condition.ts';
import type { Source } from '../sources/source.ts';
import { ingestMissing, ingestUnreadable, phoneDeletes } from './conditions/files.ts';
import { mirrorStuck } from './conditions/mirror.ts';
import {
  phoneUnseen,
  syncthingDown,
  syncthingPaused,
  syncthingRefused,
  syncthingTrouble,
} from './conditions/syncthing.ts';
import type { Phone, Verdict } from './conditions/verdict.ts';
import type { PhoneFacts } from './facts.ts';

/**
 * What is so of a phone by these facts, and what is no longer, at `nowMs` (UTC milliseconds). `open` are the conditions there are, of
 * whomever. Of what can not be told now nothing is said, so what was said stands. Asked again while nothing changes it says the same to
 * the letter, so a trouble that is found a thousand times a day is one condition. Of a source that is no phone, all that is open ends.
 */
export const phoneWords = (
  source: Source,
  facts: PhoneFacts,
  open: readonly Condition[],
  nowMs: number,
): readonly Word[] => {
  const { ingest, name } = source;
  const known = (code: PhoneCode): Condition | null => {
    const key = keyOf({ code, source: name, subject: null });
    return open.find((condition) => condition.key === key) ?? null;
  };
  return phoneCodes.flatMap((code): readonly Word[] => {
    const verdict = ingest === null ? 'not-so' : verdicts[code]({ source, ingest, facts, known, nowMs });
    if (verdict === 'unknown') return [];
    if (verdict !== 'not-so') return [{ raise: { code, source: name, subject: null, ...verdict } }];
    const condition = known(code);
    return condition === null ? [] : [{ resolve: condition.key }];
  });
};

const verdicts: Readonly<Record<PhoneCode, (phone: Phone) => Verdict>> = {
  'syncthing-down': syncthingDown,
  'syncthing-refused': syncthingRefused,
  'syncthing-paused': syncthingPaused,
  'syncthing-trouble': syncthingTrouble,
  'phone-unseen': phoneUnseen,
  'ingest-missing': ingestMissing,
  'ingest-unreadable': ingestUnreadable,
  'mirror-stuck': mirrorStuck,
  'phone-deletes': phoneDeletes,
};
