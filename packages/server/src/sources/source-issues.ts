import type { Instead } from '@berth/common/yaml/schema-walk.ts';

/** What two settings of a source make impossible together, at the one that is to be changed. */
export interface SourceIssue {
  readonly field: 'key' | 'keys' | 'access' | 'immutable' | 'media';
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  /** Of a key that is missing: the keys that would do instead, so that a slip in one of them is said once. */
  readonly others?: readonly string[];
}

/** Whatever of a source's keys stands in the file. */
interface Written {
  readonly key?: unknown;
  readonly keys?: unknown;
  readonly access?: string | undefined;
  readonly immutable?: boolean | undefined;
  readonly ingest?: unknown;
  readonly media?: unknown;
}

/** What no setting of a source alone shows. `keyExample` is the line to add where there is none. */
export const sourceIssues = (written: Written, keyExample: string): readonly SourceIssue[] =>
  written.ingest === undefined ? ofMachine(written, keyExample) : ofPhone(written);

/** It never logs in: a login of its UID could reach what its own backup and mirror need. */
const ofPhone = ({ key, keys, access, immutable }: Written): readonly SourceIssue[] => {
  const say = (field: SourceIssue['field'], message: string, remedy: string): SourceIssue => ({
    field,
    code: `ingest-and-${field === 'keys' ? 'key' : field}`,
    message,
    remedy,
  });
  const noKey = (field: 'key' | 'keys'): SourceIssue =>
    say(
      field,
      'the server itself backs up what has ingest: it never logs in',
      `Delete ${field}, or give the machine that logs in with it a source of its own.`,
    );
  return [
    ...(key === undefined ? [] : [noKey('key')]),
    ...(keys === undefined ? [] : [noKey('keys')]),
    ...(access === undefined ? [] : [say('access', 'what has ingest is always stored by restic', 'Delete access.')]),
    ...(immutable === undefined
      ? []
      : [
          say(
            'immutable',
            'what has ingest is always stored by restic',
            'Delete immutable: its past is guarded anyway.',
          ),
        ]),
  ];
};

const ofMachine = ({ key, keys, access, immutable, media }: Written, keyExample: string): readonly SourceIssue[] => [
  ...ofKeys(key, keys, media, keyExample),
  ...(immutable === undefined || access === 'sftp'
    ? []
    : [
        {
          field: 'immutable' as const,
          code: 'immutable-restic',
          message: 'immutable goes with access: sftp only',
          remedy: 'Delete immutable: with restic a client can never destroy its past. Or add access: sftp.',
        },
      ]),
];

const ofKeys = (key: unknown, keys: unknown, media: unknown, keyExample: string): readonly SourceIssue[] => {
  if (media !== undefined) {
    const remedy = 'Add ingest: { folder: /volume1/phones/lisa, password_file: lisa-phone.password }, or delete media.';
    const message = 'there is a mirror, and no ingest says of what';
    return [{ field: 'media', code: 'media-without-ingest', message, remedy }];
  }
  if (key === undefined && keys === undefined) {
    const remedy = `Add ${keyExample}; berth enroll prints the line.`;
    return [
      { field: 'key', code: 'missing', message: 'this source has no key', remedy, others: ['keys', 'ingest', 'media'] },
    ];
  }
  if (key === undefined || keys === undefined) return [];
  const remedy = 'Move the one of key into the list of keys.';
  return [{ field: 'keys', code: 'key-and-keys', message: 'key and keys exclude each other', remedy }];
};

const below = (key: string, inside: readonly string[]): readonly (readonly [string, Instead])[] =>
  inside.map((word) => [
    word,
    {
      key,
      message: `${word} belongs to ${key}`,
      remedy: `Write ${key}: and this in it; docs/sources.md shows a phone.`,
    },
  ]);

/** Keys of `ingest` and `media` that people write one level too high. */
export const besideSource: Readonly<Record<string, Instead>> = Object.fromEntries([
  ...below('ingest', ['folder', 'password_file', 'group', 'exclude', 'settle', 'unseen_after', 'syncthing']),
  ...below('media', ['from', 'to', 'layout', 'readable_by', 'types']),
]);
