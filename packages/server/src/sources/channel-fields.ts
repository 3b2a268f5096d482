import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { z } from 'zod';
import { severities } from '../events/condition.ts';
import type { Channel } from './people.ts';
import { written } from './schedule-schema.ts';

/** A channel without its name, which stands before it. */
export type Unnamed<Kind = Channel> = Kind extends Channel ? Omit<Kind, 'name'> : never;

/** What every channel may say. */
export const common = {
  alerts: z
    .enum([...severities, 'none'])
    .optional()
    .meta({ example: 'alerts: warning' }),
  digest: z.boolean().optional().meta({ example: 'digest: true' }),
};

/** The same with what holds where nothing is said; `digest` is the mail's alone then. */
export const heard = (
  { alerts = 'warning', digest }: z.output<z.ZodObject<typeof common>>,
  isDigestUsual: boolean,
): Pick<Channel, 'alerts' | 'digest'> => ({ alerts, digest: digest ?? isDigestUsual });

/** What a channel is called: its key in the file, in conditions and on the command line. */
export const parseChannelName = (text: string): Parsed<string> => {
  if (text.length <= 32 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && /[a-z]/.test(text)) return accepted(text);
  const plain = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const suggestion = plain
    .slice(0, 33)
    .replace(/^-+|-+$/g, '')
    .slice(0, 32)
    .replace(/-$/, '');
  const meant = /[a-z]/.test(suggestion) ? suggestion : 'mail';
  const remedy = `Write, for example, ${meant} (lower-case letters, digits and inner hyphens, at most 32).`;
  return refused('name', `${quoted(text)} is no name for a channel`, remedy);
};

const roomOf = (text: string): Parsed<string> => {
  // https://spec.matrix.org/latest/appendices/#room-ids: since version 12 of rooms without a server behind it.
  if (/^![!-~]{1,254}$/.test(text)) return accepted(text);
  const remedy = "Write its ID in quotes, for example room: '!abcdef:example.org' (Element: Room settings, Advanced).";
  const what = text.startsWith('#') ? 'is an alias, not the ID of a room' : 'is not the ID of a room';
  return refused('room', `${quoted(text)} ${what}`, remedy);
};

const chatOf = (text: string): Parsed<string> => {
  // https://core.telegram.org/bots/api#sendmessage: a number, or the @name of a public channel.
  if (/^-?[1-9]\d{0,18}$/.test(text) || /^@[A-Za-z]\w{3,31}$/.test(text)) return accepted(text);
  const remedy =
    "Write its number, for example chat: -1001234567890, or a public channel's name in quotes: chat: '@name'.";
  return refused('chat', `${quoted(text)} is no chat`, remedy);
};

export const room = written(roomOf, "room: '!abcdef:example.org'");
export const chat = written(chatOf, 'chat: -1001234567890');
