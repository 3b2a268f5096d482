import { randomUUID } from 'node:crypto';
import { type Channel, ChannelError, type Message } from '../channels/channel.ts';
import type { ChannelSettings } from '../channels/settings.ts';
import type { DigestFacts, Rendered } from '../digest/digest.ts';
import { digestMessage } from '../digest/message.ts';
import type { Ask, FromMonitor } from './link.ts';
import type { MonitorSettings } from './settings.ts';
import type { Delivery } from './state.ts';

export type Answer = Extract<FromMonitor, { type: 'answer' }>['answer'];
type Sent = Extract<Answer, { kind: 'sent' }>['channels'][number];

export interface OnceOptions {
  /** Null where the supervisor has not said what there is to tell. */
  readonly facts: DigestFacts | null;
  readonly settings: MonitorSettings | null;
  /** What is on its way, the oldest first. */
  readonly deliveries: readonly Delivery[];
  readonly render: (facts: DigestFacts) => Promise<Rendered>;
  readonly channelOf: (settings: ChannelSettings) => Channel;
  readonly nowMs: () => number;
}

/** No channel takes longer. */
const longestMs = 35_000;

/** Answers one question of the admin's: at once, without trying again, and without keeping anything. Never rejects. */
export const answer = async (ask: Ask, options: OnceOptions): Promise<Answer> => {
  try {
    return await answered(ask, options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: 'monitor-failed', message, remedy: 'Look at the log of the server.' };
  }
};

const answered = async (ask: Ask, options: OnceOptions): Promise<Answer> => {
  if (ask.kind === 'waiting') return waiting(options.deliveries);
  const { facts, settings, render } = options;
  if (facts === null || settings === null) throw new Error('the monitor was not told what there is to tell');
  switch (ask.kind) {
    case 'preview':
      return { kind: 'preview', ...(await render(facts)) };
    case 'send': {
      const message = digestMessage(facts, await render(facts), randomUUID());
      const wanted = settings.channels.filter(({ digest }) => digest);
      return { kind: 'sent', channels: await Promise.all(wanted.map((channel) => send(channel, message, options))) };
    }
    case 'test': {
      const channel = settings.channels.find(({ name }) => name === ask.channel);
      if (channel === undefined) {
        return {
          kind: 'failed',
          code: 'unknown-channel',
          message: `There is no channel ${ask.channel}.`,
          remedy: 'See them with: berth-server alerts',
        };
      }
      const message = testMessage(settings, options.nowMs());
      return { kind: 'sent', channels: [await send(channel, message, options)] };
    }
  }
};

/** More than that nobody reads. */
const mostShown = 50;

const waiting = (deliveries: readonly Delivery[]): Answer => ({
  kind: 'waiting',
  messages: deliveries.slice(0, mostShown).map(({ channel, message, createdMs, attempts, nextMs, error }) => ({
    ...{ channel, title: message.title, createdMs, attempts, nextMs, error },
  })),
  more: Math.max(0, deliveries.length - mostShown),
});

const send = async (settings: ChannelSettings, message: Message, { channelOf }: OnceOptions): Promise<Sent> => {
  try {
    await channelOf(settings).send(message, AbortSignal.timeout(longestMs));
    return { name: settings.name, error: null };
  } catch (error) {
    const remedy = error instanceof ChannelError ? error.remedy : 'Look at what sources.yaml says of it.';
    return { name: settings.name, error: { message: error instanceof Error ? error.message : String(error), remedy } };
  }
};

const testMessage = ({ serverName, pageUrl }: MonitorSettings, atMs: number): Message => ({
  ...{ id: randomUUID(), kind: 'test', severity: 'notice', title: `${serverName}: a test` },
  body: 'This is a test of berth: alerts of this server reach you here. There is nothing to do.',
  ...{ code: null, sources: [], atMs, url: pageUrl, mail: null },
});
