import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import { coordinatorUid } from '../coordinator/paths.ts';
import { longestPath, parseFolder, unprintable } from './folder-path.ts';
import { span, spanFrom, written } from './schedule-schema.ts';
import { insteadOfSecrets, secretFile } from './secret-file.ts';
import { syncthing } from './syncthing-schema.ts';
import { largestUid } from './uid.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The longest wait for a quiet Syncthing, and how long a phone may be away, where the file says nothing. */
export const defaultSettleMs = span(30 * minuteMs);
export const defaultUnseenAfterMs = span(3 * dayMs);

/** A pattern of restic's, from the phone's folder on: https://restic.readthedocs.io/en/stable/040_backup.html#excluding-files */
const patternOf = (text: string): Parsed<string> => {
  const say = (message: string, remedy: string): Parsed<string> => refused('pattern', message, remedy);
  if (text.trim() === '') return say('this pattern is empty', 'Delete it.');
  if (unprintable.test(text) || text.length > longestPath)
    return say('this is no pattern', "Write, for example, 'Android/media/**/.Statuses'.");
  if (text.startsWith('!')) {
    return say(`${quoted(text)} takes back what another pattern leaves out`, 'Write patterns that leave out less.');
  }
  if (text.startsWith('~')) {
    const own = text.replace(/^~\/*/, '');
    return say(
      `${quoted(text)} begins with ~, and patterns are relative to the folder of the phone`,
      own === '' ? 'Delete it.' : `Write it from that folder on, for example '/${own}'.`,
    );
  }
  if (text.split('/').includes('..')) return say(`${quoted(text)} goes back with ..`, 'Write the pattern without it.');
  if (/^[./]*$/.test(text)) return say(`${quoted(text)} would leave out everything`, 'Delete it.');
  if (!text.split('/').every((part) => wellFormed.test(part))) {
    const remedy = 'Close each [ with ], and write \\ before a character that stands for itself.';
    return say(`${quoted(text)} is no pattern that restic knows`, remedy);
  }
  return accepted(text);
};

/** Go's filepath.Match (https://pkg.go.dev/path/filepath#Match), because restic ends at a pattern that is none. */
const letter = String.raw`(?:\\.|[^\\\]-])`;
const range = `${letter}(?:-${letter})?`;
const wellFormed = new RegExp(String.raw`^(?:\\.|\[(?:\^|(?!\^))(?:${range})+\]|[^\\[])*$`, 'su');

/** A number, as files know their group by. Not that of the server's own parts, who may read other things. */
const groupOf = (text: string): Parsed<number> => {
  const group = Number(text);
  if (/^[1-9]\d{0,9}$/.test(text) && group <= largestUid && group !== coordinatorUid) return accepted(group);
  const why = /^\d+$/.test(text) ? `group ${text} can not be that of a phone's files` : `${quoted(text)} is no number`;
  const remedy =
    'Write the GID of the files that Syncthing makes, as stat -c %g FOLDER says it, for example group: 1000.';
  return refused('group', why, remedy);
};

const unseenAfterOf = (text: string) => {
  const word = text.trim().toLowerCase();
  if (word === 'never') return accepted(null);
  if (/^(off|no|none|false|always|0)$/.test(word))
    return refused('unseen_after', `${quoted(text)} is no span of time`, 'For never write unseen_after: never.');
  return spanFrom('unseen_after', span(60 * minuteMs), span(3660 * dayMs), 'would always be over')(text);
};

const booleanOrText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

const folderExample = 'folder: /volume1/phones/lisa';
const patternExample = "exclude: ['Android/media/**/.Statuses']";

/** Where a phone's files arrive, as it may stand under a source. */
export const ingest = z
  .strictObject({
    folder: textField(parseFolder('folder', folderExample), folderExample),
    password_file: secretFile('password_file', 'lisa-phone.password'),
    group: written(groupOf, 'group: 1000').optional(),
    exclude: z.array(textField(patternOf, patternExample)).max(1000).optional().meta({ example: patternExample }),
    settle: written(spanFrom('settle', span(0), span(12 * 60 * minuteMs), ''), 'settle: 30m').optional(),
    unseen_after: z
      .preprocess(booleanOrText, textField(unseenAfterOf, 'unseen_after: 3d'))
      .meta({ example: 'unseen_after: 3d' })
      .optional(),
    syncthing: syncthing.optional(),
  })
  .meta({
    example: 'ingest: { folder: /volume1/phones/lisa, password_file: lisa-phone.password }',
    instead: {
      ...insteadOfSecrets('password_file', 'lisa-phone.password'),
      ...Object.fromEntries(
        ['url', 'api_key', 'api_key_file', 'folder_id', 'certificate_file'].map((key) => {
          const remedy = 'Write syncthing: with url, api_key_file and folder_id in it.';
          return [key, { key: 'syncthing', remedy, message: `${key} belongs to syncthing` }];
        }),
      ),
      ...Object.fromEntries(
        ['from', 'to', 'layout', 'types', 'readable_by'].map((key) => {
          const remedy = 'Write media: beside ingest:, and this in it.';
          return [key, { key: 'media', remedy, message: `${key} belongs to media` }];
        }),
      ),
    },
  });

/** What somebody wrote of it. */
export type WrittenIngest = z.output<typeof ingest>;
