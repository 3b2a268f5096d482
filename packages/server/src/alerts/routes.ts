import type { Message } from '../channels/channel.ts';
import { type Severity, severities } from '../events/condition.ts';

/** What is asked of a channel to know what it wants. */
export interface Wishes {
  readonly name: string;
  readonly alerts: Severity | 'none';
  readonly digest: boolean;
}

/**
 * The channels that a message goes to. That one of them fails is for the others to tell; only where all of them fail it waits for all, so
 * that whichever comes back first tells of the rest.
 */
export const routesOf = (
  message: Pick<Message, 'kind' | 'severity' | 'code'>,
  channels: readonly Wishes[],
  isFailing: (name: string) => boolean,
): readonly string[] => {
  const wanting = channels.filter((channel) => wants(channel, message)).map(({ name }) => name);
  if (message.code !== 'channel-failing') return wanting;
  const sound = wanting.filter((name) => !isFailing(name));
  return sound.length > 0 || wanting.length < 2 ? sound : wanting;
};

/** Whether a message is for this channel. */
export const wants = ({ alerts, digest }: Wishes, { kind, severity }: Pick<Message, 'kind' | 'severity'>): boolean => {
  if (kind === 'digest') return digest;
  return kind !== 'test' && alerts !== 'none' && severities.indexOf(severity) >= severities.indexOf(alerts);
};

/**
 * One message instead of those of the same trouble that still wait for a channel, and itself: who has not heard that something was so is
 * told in one line that it was and is over, and nobody gets in the morning what was said all night.
 */
export const insteadOf = (waiting: readonly Pick<Message, 'kind'>[], message: Message): Message => {
  if (!waiting.some(({ kind }) => kind === 'raised')) return message;
  if (message.kind === 'reminder') return { ...message, kind: 'raised' };
  if (message.kind !== 'resolved') return message;
  return { ...message, body: `${message.body}\nIt could not be told here while it was so.` };
};
