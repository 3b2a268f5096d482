import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import { isWithin, longestPath, parseFolder, unprintable } from './folder-path.ts';
import { span, spanFrom, written } from './schedule-schema.ts';

const dayMs = 86_400_000;

/** Where phones keep photos and videos, and how often they are mirrored, where the file says nothing. */
export const defaultFrom: readonly string[] = ['DCIM', 'Pictures', 'Movies'];
export const defaultMirrorMs = span(60_000);

/** A folder of the phone, in one form; `.` for all of them. */
const fromOf = (text: string): Parsed<string> => {
  const remedy = 'Write it as the phone calls it, for example DCIM or DCIM/Camera; . for everything.';
  const say = (message: string, other = remedy): Parsed<string> => refused('from', message, other);
  if (text.trim() === '') return say('this names no folder');
  if (unprintable.test(text) || text.length > longestPath) return say('this is no path of a folder');
  if (text.startsWith('/') || text.startsWith('~') || /^[a-z]:[\\/]/i.test(text)) {
    return say(`${quoted(text)} is to be a folder of the phone, relative to the folder of ingest`);
  }
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return say(`${quoted(text)} goes back with ..`, 'Write the path without it.');
  if (/[*?[\]]/.test(text)) return say(`${quoted(text)} is a pattern, and from names folders`);
  return accepted(parts.length === 0 ? '.' : parts.join('/'));
};

const folderExample = 'to: /volume1/photos/lisa';
const fromExample = 'from: [DCIM, Pictures, Movies]';

/** The mirror of a phone's photos, as it may stand under a source beside `ingest`. */
export const media = z
  .strictObject({
    from: z
      .array(textField(fromOf, fromExample))
      .min(1)
      .max(100)
      .superRefine((folders, context) => {
        folders.forEach((folder, index) => {
          const other = folders.find((one, at) => at !== index && (one === folder ? at < index : isUnder(one, folder)));
          if (other === undefined) return;
          const message =
            other === folder
              ? `${quoted(folder)} stands here twice`
              : `${quoted(folder)} is in ${quoted(other)}, which is mirrored whole`;
          const params = { code: 'from-twice', remedy: 'Delete one of the two.' };
          context.addIssue({ code: 'custom', path: [index], message, params });
        });
      })
      .optional()
      .meta({ example: fromExample }),
    to: textField(parseFolder('to', folderExample), folderExample),
    every: written(
      spanFrom('every', span(10_000), span(dayMs), 'is more often than a pass is worth'),
      'every: 1m',
    ).optional(),
    layout: z.enum(['as-is', 'by-date']).optional().meta({ example: 'layout: by-date' }),
    readable_by: z.enum(['group', 'all']).optional().meta({ example: 'readable_by: group' }),
    types: z.enum(['media', 'all']).optional().meta({ example: 'types: media' }),
  })
  .meta({
    example: 'media: { to: /volume1/photos/lisa }',
    instead: {
      folder: { key: 'to', remedy: 'Write to: and the folder of the mirror.', message: 'folder is what ingest has' },
      exclude: {
        key: 'ingest',
        remedy: 'Write it under ingest:, it counts for the mirror too.',
        message: 'exclude belongs to ingest',
      },
    },
  });

/** What somebody wrote of it. */
export type WrittenMedia = z.output<typeof media>;

const isUnder = (folder: string, path: string): boolean => folder === '.' || isWithin(folder, path);
