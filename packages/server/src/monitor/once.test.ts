import { expect, test } from 'vitest';
import { ChannelError, type Message } from '../channels/channel.ts';
import { answer } from './once.ts';
import type { MonitorSettings } from './settings.ts';
import type { Delivery } from './state.ts';
import { exampleNowMs, exampleOverview } from './testing.ts';

const channel = (name: string, digest: boolean): MonitorSettings['channels'][number] => ({
  ...{
    name,
    type: 'webhook',
    alerts: 'warning',
    digest,
    url: 'https://example.org/hook',
    allowPrivate: false,
    secret: null,
  },
});
const settings: MonitorSettings = {
  ...{ serverName: 'nas', timeZone: 'UTC', concurrency: 2, pageUrl: null, digest: { at: 360 }, broken: [], page: null },
  ...{ alerts: { quiet: null, remindMs: 86_400_000 }, ping: null, sources: [] },
  channels: [channel('mail', true), channel('phone', false), channel('room', true)],
};
const world = () => {
  const sent: [string, Message['kind']][] = [];
  const options = {
    facts: { overview: exampleOverview(), sinceMs: 0, events: [], changes: [] },
    settings,
    deliveries: [] as readonly Delivery[],
    render: async () => ({ subject: 'berth: fine', html: '<p>fine', text: 'fine' }),
    channelOf: ({ name }: { readonly name: string }) => ({
      name,
      send: async (message: Message) => {
        sent.push([name, message.kind]);
        if (name === 'room') throw new ChannelError('It said 401.', { isFinal: true, remedy: 'Write another token.' });
      },
    }),
    nowMs: () => exampleNowMs,
  };
  return { sent, options };
};

test('a preview is the digest, and sends nothing', async () => {
  const { sent, options } = world();
  expect(await answer({ kind: 'preview' }, options)).toEqual({
    kind: 'preview',
    ...{ subject: 'berth: fine', html: '<p>fine', text: 'fine' },
  });
  expect(sent).toEqual([]);
});

test('a digest goes to every channel that has digests, and each says what became of it', async () => {
  const { sent, options } = world();
  expect(await answer({ kind: 'send' }, options)).toEqual({
    kind: 'sent',
    channels: [
      { name: 'mail', error: null },
      { name: 'room', error: { message: 'It said 401.', remedy: 'Write another token.' } },
    ],
  });
  expect(sent).toEqual([
    ['mail', 'digest'],
    ['room', 'digest'],
  ]);
});

test('a test goes to one channel, whatever it is told otherwise', async () => {
  const { sent, options } = world();
  expect(await answer({ kind: 'test', channel: 'phone' }, options)).toMatchObject({ channels: [{ error: null }] });
  expect(sent).toEqual([['phone', 'test']]);
  expect(await answer({ kind: 'test', channel: 'fax' }, options)).toMatchObject({
    kind: 'failed',
    code: 'unknown-channel',
  });
});

test('what is on its way is shown without what it says, the oldest first, also to one that was told nothing', async () => {
  const { options } = world();
  const message: Message = {
    ...{ id: '1', kind: 'raised', severity: 'warning', title: 'laptop is overdue', body: 'private', code: 'overdue' },
    ...{ sources: [], atMs: 1, url: null, mail: null },
  };
  const delivery: Delivery = {
    ...{ id: '1 mail', channel: 'mail', message, createdMs: 1, attempts: 2, nextMs: 9, error: 'It said 503.' },
    taken: false,
  };
  const deliveries = Array.from({ length: 60 }, () => delivery);
  const answered = await answer({ kind: 'waiting' }, { ...options, deliveries, facts: null });
  expect(answered).toMatchObject({
    more: 10,
    messages: { 0: { channel: 'mail', title: 'laptop is overdue', attempts: 2, nextMs: 9, error: 'It said 503.' } },
  });
  expect(JSON.stringify(answered)).not.toContain('private');
});

test('a mistake of its own is an answer too', async () => {
  const { options } = world();
  const render = () => Promise.reject(new Error('no template'));
  expect(await answer({ kind: 'preview' }, { ...options, render })).toMatchObject({
    kind: 'failed',
    message: 'no template',
  });
  expect(await answer({ kind: 'preview' }, { ...options, facts: null })).toMatchObject({ kind: 'failed' });
});
