import { textField } from '@berth/common/yaml/field.ts';
import type { Instead } from '@berth/common/yaml/schema-walk.ts';
import { z } from 'zod';
import { chat, common, heard, parseChannelName, room, type Unnamed } from './channel-fields.ts';
import { email } from './email-schema.ts';
import type { Channel, ChannelOf } from './people.ts';
import { insteadOfSecrets, secretFile } from './secret-file.ts';
import { allowPrivate, type Context, urlFields, urlFrom, type WrittenUrl } from './url-fields.ts';

/** Whoever has more than so many ways to people reaches nobody. */
const mostChannels = 50;

const web = { allow_private: allowPrivate, ...common };
const tokenFile = (type: string) => secretFile('token_file', `${type}-token`);
const noToken = (type: string) => ({ instead: insteadOfSecrets('token_file', `${type}-token`) });
const url = (example: string) => z.string().meta({ example: `url: ${example}` });

type Web = Exclude<Channel, ChannelOf<'email'>>;

/** Where a channel goes and what it hears, the same for all that are reached by a URL. */
const target = (
  type: Web['type'],
  written: WrittenUrl & z.output<z.ZodObject<typeof common>>,
  context: Context,
): Pick<Web, 'from' | 'allowPrivate' | 'alerts' | 'digest'> => ({
  from: urlFrom(type, written, context),
  allowPrivate: written.allow_private ?? false,
  ...heard(written, false),
});

const ntfy = z
  .strictObject({ type: z.literal('ntfy'), ...urlFields('ntfy'), token_file: tokenFile('ntfy').optional(), ...web })
  .meta(noToken('ntfy'))
  .transform((written, context): Unnamed<ChannelOf<'ntfy'>> => {
    const { type, token_file: tokenFile = null } = written;
    return { type, tokenFile, ...target(type, written, context) };
  });

const gotify = z
  .strictObject({
    type: z.literal('gotify'),
    url: url('https://gotify.example.org'),
    token_file: tokenFile('gotify'),
    ...web,
  })
  .meta(noToken('gotify'))
  .transform((written, context): Unnamed<ChannelOf<'gotify'>> => {
    const { type, token_file: tokenFile } = written;
    return { type, tokenFile, ...target(type, written, context) };
  });

/** Of these two the URL is the secret. */
const chatService = <Type extends 'slack' | 'discord'>(type: Type) =>
  z
    .strictObject({ type: z.literal(type), url_file: secretFile('url_file', `${type}-url`), ...web })
    .meta({ instead: insteadOfSecrets('url_file', `${type}-url`) })
    .transform((written, context) => ({ type, ...target(type, written, context) }));

const matrix = z
  .strictObject({
    type: z.literal('matrix'),
    url: url('https://matrix.example.org'),
    room,
    token_file: tokenFile('matrix'),
    ...web,
  })
  .meta(noToken('matrix'))
  .transform((written, context): Unnamed<ChannelOf<'matrix'>> => {
    const { type, room, token_file: tokenFile } = written;
    return { type, room, tokenFile, ...target(type, written, context) };
  });

const telegram = z
  .strictObject({
    type: z.literal('telegram'),
    chat,
    token_file: tokenFile('telegram'),
    url: url('https://api.telegram.org').optional(),
    ...web,
  })
  .meta(noToken('telegram'))
  .transform((written, context): Unnamed<ChannelOf<'telegram'>> => {
    const { type, chat, token_file: tokenFile, url = 'https://api.telegram.org' } = written;
    return { type, chat, tokenFile, ...target(type, { ...written, url }, context) };
  });

const webhook = z
  .strictObject({
    type: z.literal('webhook'),
    ...urlFields('webhook'),
    secret_file: secretFile('secret_file', 'webhook-secret').optional(),
    ...web,
  })
  .meta({ instead: insteadOfSecrets('secret_file', 'webhook-secret') })
  .transform((written, context): Unnamed<ChannelOf<'webhook'>> => {
    const { type, secret_file: secretFile = null } = written;
    return { type, secretFile, ...target(type, written, context) };
  });

const pingInstead = (type: string): Instead => ({
  key: 'type',
  message: `${type} is no channel but a ping`,
  remedy: `Write it under server, or under a source: ping: { type: ${type}, url: … }`,
});

const channel = z
  .discriminatedUnion('type', [
    email,
    ntfy,
    gotify,
    chatService('slack'),
    chatService('discord'),
    matrix,
    telegram,
    webhook,
  ])
  .meta({
    example: '{ type: ntfy, url: https://ntfy.sh/TOPIC }',
    instead: {
      ...Object.fromEntries(
        ['smtp', 'mail', 'e-mail'].map((type) => [type, { key: 'type', remedy: 'Write type: email.' }]),
      ),
      ...Object.fromEntries(['healthchecks', 'uptime-kuma'].map((type) => [type, pingInstead(type)])),
    },
  });

/** `channels`: ways to people, by the names their admin gives them. */
export const channels = z
  .record(textField(parseChannelName, 'phone'), channel)
  .superRefine((written, context) => {
    const count = Object.keys(written).length;
    if (count <= mostChannels) return;
    const message = `channels has ${count} entries, and at most ${mostChannels} are possible`;
    context.addIssue({ code: 'custom', message, params: { code: 'out-of-range', remedy: 'Delete some.' } });
  })
  .meta({ example: 'channels:\n  phone: { type: ntfy, url: https://ntfy.sh/TOPIC }' });
