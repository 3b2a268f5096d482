/** How a restic command ended when it did not do its work. The names are stable: reports carry them. */
export type FailureKind =
  | 'no-repository'
  | 'repository-exists'
  | 'locked'
  | 'wrong-password'
  | 'no-snapshot'
  | 'cancelled'
  | 'deadline'
  | 'connection-cut'
  | 'host-key-changed'
  | 'key-refused'
  | 'out-of-space'
  | 'refused'
  | 'damaged'
  /** A dump without a byte in it: never a snapshot. */
  | 'dump-empty'
  | 'failed';

/** What is known of a command that ended: restic's exit code (null when a signal ended it) and its words on stderr. */
export interface Ending {
  readonly exitCode: number | null;
  readonly words: readonly string[];
}

/**
 * Which failure it was. restic ≥ 0.17 tells by its exit code (doc/075_scripting.rst); 0.14 mostly says 1, so its words
 * decide. What ssh said on restic's stderr comes first: behind it restic only sees a cut connection.
 */
export const classifyFailure = ({ exitCode, words }: Ending): FailureKind =>
  byWords(words, sshRules) ?? byExitCode(exitCode) ?? byWords(words, resticRules) ?? 'failed';

/**
 * A line after which waiting is pointless though restic goes on retrying for up to 15 minutes: the receiver is full or
 * refuses the object, or the one connection over stdio is gone, which restic can't open again. Null for every other line.
 */
export const hopelessLine = (line: string): FailureKind | null =>
  isRetry.test(line) || isFinalFailure.test(line) ? (byWords([line], hopelessRules) ?? null) : null;

interface Rule {
  readonly kind: FailureKind;
  readonly words: RegExp;
}

/** `Save(<data/f753820e42>) returned error, retrying after 720ms: …`, the same words from 0.9 to 0.18. */
const isRetry = /^\w+\(<[a-z]+\/[0-9a-f]*>(?:, \d+, \d+)?\) returned error, retrying after /;
/** `Save(<data/f753820e42>) failed: …`, since 0.17. */
const isFinalFailure = /^\w+\(<[a-z]+\/[0-9a-f]*>(?:, \d+, \d+)?\) failed: /;

const hopelessRules: readonly Rule[] = [
  { kind: 'out-of-space', words: /507 Insufficient Storage/ },
  { kind: 'refused', words: /403 Forbidden/ },
  { kind: 'connection-cut', words: /rclone stdio connection already closed/ },
];

/** OpenSSH's words, which restic prints behind `rclone: `. */
const sshRules: readonly Rule[] = [
  {
    kind: 'host-key-changed',
    words: /^rclone: (?:Host key verification failed|.*REMOTE HOST IDENTIFICATION HAS CHANGED)/,
  },
  { kind: 'host-key-changed', words: /^rclone: .*no matching host key type found/ },
  { kind: 'key-refused', words: /^rclone: (?:.*: Permission denied \(|.*Too many authentication failures)/ },
];

const resticRules: readonly Rule[] = [
  { kind: 'out-of-space', words: /507 Insufficient Storage|no space left on device|disk quota exceeded/i },
  {
    kind: 'repository-exists',
    words: /config file already exists|repository master key and config already initialized/,
  },
  { kind: 'wrong-password', words: /wrong password or no key found/ },
  { kind: 'locked', words: /unable to create lock in backend: repository is already locked/ },
  { kind: 'no-snapshot', words: /no matching ID found|no snapshot found|invalid id "/ },
  { kind: 'damaged', words: /repository contains errors|the repository (?:index )?is damaged/i },
  { kind: 'refused', words: /403 Forbidden/ },
  {
    kind: 'connection-cut',
    words:
      /rclone stdio connection already closed|error talking HTTP to rclone|unexpected EOF|broken pipe|connection reset by peer|http2: (?:client|server|Transport)|rclone: (?:ssh: connect|Connection|client_loop|kex_exchange|Timeout|mux_client|ssh_exchange)/,
  },
  // Last: over a cut connection 0.14 also can't open the config file.
  { kind: 'no-repository', words: /repository does not exist|unable to open config file/ },
];

/** 1 (any failure) and 2 (a crash of Go) say nothing more; 3 is not a failure and is read before. */
const byExitCode = (exitCode: number | null): FailureKind | undefined => {
  if (exitCode === 10) return 'no-repository';
  if (exitCode === 11) return 'locked';
  if (exitCode === 12) return 'wrong-password';
  if (exitCode === 130) return 'cancelled';
  return undefined;
};

const byWords = (words: readonly string[], rules: readonly Rule[]): FailureKind | undefined =>
  rules.find((rule) => words.some((line) => rule.words.test(line)))?.kind;
