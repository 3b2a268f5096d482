import type { Channel } from './channel.ts';
import { discordChannel } from './discord.ts';
import { emailChannel } from './email.ts';
import { gotifyChannel } from './gotify.ts';
import type { Request } from './http.ts';
import { matrixChannel } from './matrix.ts';
import { ntfyChannel } from './ntfy.ts';
import type { ChannelSettings, ChannelSettingsOf, ChannelType } from './settings.ts';
import { slackChannel } from './slack.ts';
import { telegramChannel } from './telegram.ts';
import { webhookChannel } from './webhook.ts';

/** What channels need of the world. */
export interface ChannelTools {
  /** Guarded HTTP: `guardedRequest()` of http.ts. */
  readonly request: Request;
  /** UTC milliseconds. */
  readonly nowMs: () => number;
  /** Certificates (PEM) to trust beside Node's own ones, for mail servers; none unless said. */
  readonly ca?: string;
  /** How long a mail may take, in milliseconds; 25 s unless said. */
  readonly mailDeadlineMs?: number;
}

/** Every kind of channel there is. One that is added here needs its settings in settings.ts, and a page in docs/channels.md. */
const makers: { readonly [Type in ChannelType]: (settings: ChannelSettingsOf<Type>, tools: ChannelTools) => Channel } =
  {
    email: emailChannel,
    ntfy: ntfyChannel,
    gotify: gotifyChannel,
    slack: slackChannel,
    discord: discordChannel,
    matrix: matrixChannel,
    telegram: telegramChannel,
    webhook: webhookChannel,
  };

/** The channel of these settings. Opens nothing: whatever it needs, it opens for each message and closes again. */
export const channelOf = (settings: ChannelSettings, tools: ChannelTools): Channel =>
  make(settings.type, settings, tools);

const make = <Type extends ChannelType>(type: Type, settings: ChannelSettingsOf<Type>, tools: ChannelTools): Channel =>
  makers[type](settings, tools);
