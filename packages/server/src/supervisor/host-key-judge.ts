import { keyOf, type Word } from '../events/condition.ts';

const about = { code: 'host-key-changed', source: null, subject: null } as const;
export const hostKeyChangedKey = keyOf(about);

/** Fingerprints, `SHA256:…`; null where no server ran before. */
export interface HostKeys {
  /** Of the server before this one. */
  readonly last: string | null;
  /** By which machines know the server, as far as anybody has said. */
  readonly known: string | null;
  readonly now: string;
  /** Whether the condition is open: it no longer is once an admin has dismissed it. */
  readonly isOpen: boolean;
  /** Where the key lies. */
  readonly folder: string;
}

/**
 * Whether machines still know the server by its host key, and by which they do. A key is theirs from the first start on; another
 * one is a trouble until the old one is back or an admin has said that it is meant.
 */
export const judgeHostKey = ({
  last,
  known,
  now,
  isOpen,
  folder,
}: HostKeys): { readonly known: string; readonly word: Word } => {
  const theirs = known ?? last ?? now;
  const isDismissed = now === last && !isOpen;
  if (now === theirs || isDismissed) return { known: now, word: { resolve: hostKeyChangedKey } };
  return {
    known: theirs,
    word: {
      raise: {
        ...about,
        severity: 'critical',
        text: `The host key of the server is another: ${now}. Machines know it as ${theirs}, and refuse to connect: nothing is backed up.`,
        remedy:
          `If nobody meant that, put the old key back into ${folder} and start the server again. If the new one is meant, remove known_hosts ` +
          `from berth's home on each machine and type there: berth enroll. Then here: berth-server events --dismiss ${hostKeyChangedKey}`,
      },
    },
  };
};
