import { z } from 'zod';
import { severities } from '../events/condition.ts';

/**
 * A channel as it is used: what sources.yaml says of it, with every default filled in and its secrets read from their files. It goes
 * from the supervisor to the monitor on standard input, and nowhere else.
 */
const common = {
  name: z.string(),
  /** The least severity that it is told of; `none` for a channel that gets no alerts. */
  alerts: z.enum([...severities, 'none']),
  /** Whether the daily digest goes there. */
  digest: z.boolean(),
};

/** Where requests go. A target that resolves to a private address is refused unless `allowPrivate`. */
const web = { url: z.url({ protocol: /^https?$/ }), allowPrivate: z.boolean() };
const secret = z.string().min(1);

export const channelSettingsSchema = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('email'),
    host: z.string(),
    port: z.int(),
    /** `implicit`: TLS from the first byte. `starttls`: required. `none`: in the clear, for a server on this machine. */
    tls: z.enum(['implicit', 'starttls', 'none']),
    user: z.string().nullable(),
    password: secret.nullable(),
    from: z.string(),
    to: z.array(z.string()).min(1),
  }),
  /** `url` holds the topic: https://ntfy.sh/TOPIC. */
  z.object({ ...common, ...web, type: z.literal('ntfy'), token: secret.nullable() }),
  z.object({ ...common, ...web, type: z.literal('gotify'), token: secret }),
  /** Of Slack and Discord the URL is the secret. */
  z.object({ ...common, ...web, type: z.literal('slack') }),
  z.object({ ...common, ...web, type: z.literal('discord') }),
  /** `url` is the home server's. */
  z.object({ ...common, ...web, type: z.literal('matrix'), room: z.string(), token: secret }),
  /** `url` is the Bot API's: https://api.telegram.org. */
  z.object({ ...common, ...web, type: z.literal('telegram'), chat: z.string(), token: secret }),
  /** With `secret`, the body is signed: channels/webhook.ts says how. */
  z.object({ ...common, ...web, type: z.literal('webhook'), secret: secret.nullable() }),
]);
export type ChannelSettings = z.output<typeof channelSettingsSchema>;
export type ChannelType = ChannelSettings['type'];
export type ChannelSettingsOf<Type extends ChannelType> = Extract<ChannelSettings, { readonly type: Type }>;

/** A dead man's switch: it is told when a run starts and how it ended, and raises the alarm when it hears nothing. */
export const pingSettingsSchema = z.object({ ...web, type: z.enum(['healthchecks', 'uptime-kuma']) });
export type PingSettings = z.output<typeof pingSettingsSchema>;
