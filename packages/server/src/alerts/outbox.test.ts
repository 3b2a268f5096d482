import { expect, test } from 'vitest';
import { channelSettings, messageOf, OutboxWorld } from './outbox-testing.ts';
import { startMs } from './testing.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

const failing = 'raise channel-failing phone';
const mended = 'resolve channel-failing::phone';
const titles = (world: OutboxWorld, name: string) => world.channel(name).took.map(({ title }) => title);
const minutesAsked = (world: OutboxWorld, name: string) =>
  world.channel(name).askedMs.map((atMs) => Math.round((atMs - startMs) / minuteMs));

test('each message goes to the channels that want it, and to each once', async () => {
  const world = new OutboxWorld([
    channelSettings('all', { alerts: 'notice' }),
    channelSettings('mail', { digest: true }),
    channelSettings('pager', { alerts: 'critical' }),
    channelSettings('none', { alerts: 'none' }),
  ]);
  for (const severity of ['notice', 'warning', 'critical'] as const) {
    world.outbox.push(messageOf(severity, { severity }));
    world.outbox.push(messageOf(severity, { severity }));
  }
  world.outbox.push(messageOf('digest', { kind: 'digest', severity: 'critical' }));
  await world.pass(minuteMs, 1000);
  const took = Object.fromEntries([...world.channels].map(([name, { took }]) => [name, took.map(({ id }) => id)]));
  expect(took).toEqual({
    all: ['notice', 'warning', 'critical'],
    mail: ['warning', 'critical', 'digest'],
    pager: ['critical'],
    none: [],
  });
  expect(world.state.deliveries()).toEqual([]);
});

test('a message is written down before it is sent, and sent after a restart', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.outbox.push(messageOf('one'));
  expect(world.state.deliveries()).toMatchObject([{ id: 'one phone', attempts: 0 }]);
  world.restart();
  await world.pass(0);
  expect(titles(world, 'phone')).toEqual(['title one']);
  expect(world.state.deliveries()).toEqual([]);
});

test('a channel that fails is asked ever more seldom, up to an hour, and said to fail after the second time', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(5 * hourMs);
  expect(minutesAsked(world, 'phone')).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  expect(world.said()).toEqual([failing]);
  expect(world.state.deliveries()).toMatchObject([{ attempts: 10, error: 'it answered 500' }]);
  world.channel('phone').answer = 'takes';
  world.outbox.push(messageOf('two'));
  await world.pass(2 * hourMs);
  expect(titles(world, 'phone')).toEqual(['title one', 'title two']);
  expect(world.said()).toEqual([failing, mended]);
});

test('one failure is chance', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(0);
  world.channel('phone').answer = 'takes';
  await world.pass(2 * minuteMs);
  expect(titles(world, 'phone')).toEqual(['title one']);
  expect(world.said()).not.toContain(failing);
});

test('a service that says for how long is left alone for so long', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = { retryAfterMs: 25 * minuteMs };
  world.outbox.push(messageOf('one'));
  await world.pass(80 * minuteMs);
  expect(minutesAsked(world, 'phone')).toEqual([0, 25, 50, 75]);
});

test('what can not be delivered for three days is given up, and the log says so', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(3 * dayMs, 10 * minuteMs);
  expect(world.state.deliveries()).toHaveLength(1);
  await world.pass(hourMs, 10 * minuteMs);
  expect(world.state.deliveries()).toEqual([]);
  expect(world.log.at(-1)).toContain('given up');
});

test('after an answer that is final the channel is said to fail at once; what waits is delivered once somebody mends the token', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = { isFinal: true };
  world.outbox.push(messageOf('one'));
  await world.pass(minuteMs);
  expect(world.said()).toEqual([failing]);
  await world.pass(20 * hourMs, 10 * minuteMs);
  expect(world.channel('phone').askedMs.length).toBeLessThan(25);
  world.channel('phone').answer = 'takes';
  world.apply([channelSettings('phone', { digest: true })]);
  await world.pass(0);
  expect(titles(world, 'phone')).toEqual(['title one']);
  expect(world.said().at(-1)).toBe(mended);
});

test('a message that a service will not have does not stop those behind it, and is given up after a day', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  const phone = world.channel('phone');
  phone.answer = { isFinal: true };
  world.outbox.push(messageOf('bad'));
  await world.pass(0);
  phone.answer = 'takes';
  world.outbox.push(messageOf('good'));
  await world.pass(2 * minuteMs);
  expect(titles(world, 'phone')).toEqual(['title good']);
  phone.answer = { isFinal: true };
  await world.pass(25 * hourMs, 10 * minuteMs);
  expect(world.state.deliveries()).toEqual([]);
});

test('a mail that some have and others never will is sent once, and the channel is said to fail until all take one', async () => {
  const world = new OutboxWorld([channelSettings('phone', { digest: true })]);
  const phone = world.channel('phone');
  phone.answer = { isFinal: true, isPartial: true };
  world.outbox.push(messageOf('one'));
  await world.pass(25 * hourMs, 10 * minuteMs);
  expect(phone.askedMs).toHaveLength(1);
  expect(world.state.deliveries()).toEqual([]);
  expect(world.said()).toEqual([failing]);
  world.outbox.push(messageOf('d1', { kind: 'digest', code: null }));
  await world.pass(2 * hourMs, 10 * minuteMs);
  expect(world.said()).not.toContain('raise digest-unsent');
  phone.answer = 'takes';
  world.outbox.push(messageOf('two'));
  await world.pass(2 * minuteMs);
  expect(world.said().at(-1)).toBe(mended);
});

test('once a test went well the channel counts as fine: what waits is tried at once, and failing again is said again', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  const phone = world.channel('phone');
  const key = 'channel-failing::phone';
  phone.answer = { isFinal: true };
  world.outbox.push(messageOf('one'));
  await world.pass(5 * minuteMs);
  world.outbox.saw([{ key }, { key: 'overdue:laptop' }]);
  world.outbox.saw([{ key }]);
  expect(phone.askedMs).toHaveLength(1);
  world.outbox.saw([]);
  await world.pass(0);
  expect(phone.askedMs).toHaveLength(2);
  expect(world.said()).toEqual([failing, failing]);
  world.outbox.saw([{ key }]);
  phone.answer = 'takes';
  world.outbox.saw([]);
  await world.pass(minuteMs);
  expect(titles(world, 'phone')).toEqual(['title one']);
});

test('that a channel fails is told by the others', async () => {
  const world = new OutboxWorld([channelSettings('phone'), channelSettings('mail')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(10 * minuteMs);
  world.outbox.push(messageOf('fails', { code: 'channel-failing', thread: 'f' }));
  await world.pass(minuteMs);
  expect(titles(world, 'mail')).toEqual(['title one', 'title fails']);
  expect(world.state.deliveries().map(({ id }) => id)).toEqual(['one phone']);
});

test('one message at a time: a channel that hangs is given up after two minutes, and holds up no other', async () => {
  const world = new OutboxWorld([channelSettings('phone'), channelSettings('mail')]);
  world.channel('phone').answer = 'hangs';
  world.outbox.push(messageOf('one'));
  world.outbox.push(messageOf('two'));
  await world.pass(2 * minuteMs, 1000);
  expect(minutesAsked(world, 'phone')).toEqual([0]);
  expect(titles(world, 'mail')).toEqual(['title one', 'title two']);
  world.channel('phone').answer = 'takes';
  await world.pass(3 * minuteMs, 1000);
  expect(titles(world, 'phone')).toEqual(['title one', 'title two']);
});

test('what began and ended while a channel was down is told in one message; what went on, as it is now', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  const phone = world.channel('phone');
  phone.answer = {};
  world.outbox.push(messageOf('a1', { thread: 'a' }));
  await world.pass(5 * minuteMs);
  world.outbox.push(messageOf('a2', { thread: 'a', kind: 'reminder' }));
  world.outbox.push(messageOf('b1', { thread: 'b' }));
  world.outbox.push(messageOf('b2', { thread: 'b', kind: 'reminder' }));
  world.outbox.push(messageOf('a3', { thread: 'a', kind: 'resolved' }));
  await world.pass(2 * hourMs);
  phone.answer = 'takes';
  await world.pass(hourMs);
  expect(phone.took).toMatchObject([
    { id: 'b2', kind: 'raised' },
    { id: 'a3', kind: 'resolved', body: 'body a3\nIt could not be told here while it was so.' },
  ]);
});

test('what is on its way while its end is pushed is not told after it', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  const phone = world.channel('phone');
  phone.answer = 'hangs';
  world.outbox.push(messageOf('a1', { thread: 'a' }));
  await world.pass(minuteMs);
  world.outbox.push(messageOf('a2', { thread: 'a', kind: 'resolved' }));
  phone.answer = 'takes';
  await world.pass(5 * minuteMs);
  expect(phone.took).toMatchObject([{ id: 'a2', body: 'body a2\nIt could not be told here while it was so.' }]);
});

test('a digest that nobody has taken within an hour is said, until somebody takes one', async () => {
  const world = new OutboxWorld([channelSettings('mail', { digest: true }), channelSettings('phone')]);
  world.channel('mail').answer = {};
  world.outbox.push(messageOf('d1', { kind: 'digest', code: null }));
  await world.pass(59 * minuteMs);
  expect(world.said()).not.toContain('raise digest-unsent');
  await world.pass(2 * minuteMs);
  expect(world.said()).toContain('raise digest-unsent');
  expect(world.words.at(-1)).toMatchObject({ raise: { text: expect.stringContaining('mail: it answered 500.') } });
  world.channel('mail').answer = 'takes';
  await world.pass(2 * hourMs);
  expect(world.said().at(-1)).toBe('resolve digest-unsent');
});

test('a digest that one channel has taken is not unsent, also after a restart', async () => {
  const world = new OutboxWorld([channelSettings('mail', { digest: true }), channelSettings('chat', { digest: true })]);
  world.channel('chat').answer = {};
  world.outbox.push(messageOf('d1', { kind: 'digest', code: null }));
  await world.pass(5 * minuteMs);
  world.restart();
  await world.pass(3 * hourMs);
  expect(world.said()).not.toContain('raise digest-unsent');
  expect(world.state.deliveries()).toMatchObject([{ id: 'd1 chat', taken: true }]);
});

test('what waits for a channel that is gone is dropped, and it is no longer said to fail', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(10 * minuteMs);
  world.apply([]);
  expect(world.state.deliveries()).toEqual([]);
  expect(world.log.at(-1)).toContain('there is no such channel any more');
  expect(world.said()).toEqual([failing, mended]);
});

test('what an earlier monitor said of channels that are gone or fine is taken back, and nothing else', () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.outbox.push(messageOf('one'));
  const keys = ['channel-failing::phone', 'channel-failing::old', 'channel-failing::ping: laptop', 'overdue:old'];
  world.outbox.saw(keys.map((key) => ({ key })));
  expect(world.said()).toEqual(['resolve channel-failing::old']);
  world.outbox.saw([{ key: 'digest-unsent' }]);
  expect(world.said().at(-1)).toBe('resolve digest-unsent');
});

test('a channel whose secret can not be read is said to fail; what it wants waits until it can', async () => {
  const world = new OutboxWorld([channelSettings('mail')]);
  const broken = { kind: 'channel', name: 'phone', text: 'phone-token is not there.', remedy: 'Write it.' } as const;
  world.apply([channelSettings('mail')], [broken]);
  expect(world.said()).toEqual([failing]);
  world.outbox.push(messageOf('one'));
  world.outbox.push(messageOf('news', { severity: 'notice' }));
  await world.pass(hourMs);
  world.apply([channelSettings('mail'), channelSettings('phone')]);
  await world.pass(minuteMs);
  expect(titles(world, 'phone')).toEqual(['title one']);
  expect(world.said()).toEqual([failing, 'resolve channel-failing::mail', mended]);
});

test('messages that come before the channels wait for them', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channels.clear();
  world.restart();
  world.outbox.push(messageOf('one'));
  await world.pass(0);
  expect(titles(world, 'phone')).toEqual(['title one']);
});

test('a clock that jumps gives up nothing and holds up nothing', async () => {
  for (const jumpMs of [365 * dayMs, -365 * dayMs]) {
    const world = new OutboxWorld([channelSettings('phone')]);
    world.channel('phone').answer = {};
    world.outbox.push(messageOf('one'));
    await world.pass(hourMs);
    world.nowMs += jumpMs;
    await world.pass(0);
    expect(world.state.deliveries()).toHaveLength(1);
    world.channel('phone').answer = 'takes';
    await world.pass(65 * minuteMs);
    expect(titles(world, 'phone')).toEqual(['title one']);
  }
});

test('a start by a clock that is not set yet makes nothing wait for years, nor be given up once it is', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('one'));
  await world.pass(hourMs);
  world.nowMs = hourMs;
  world.restart();
  await world.pass(minuteMs);
  world.nowMs = startMs + 2 * hourMs;
  await world.pass(2 * dayMs, 10 * minuteMs);
  expect(world.state.deliveries()).toHaveLength(1);
  await world.pass(2 * dayMs, 10 * minuteMs);
  expect(world.state.deliveries()).toEqual([]);
});

test('never more than two hundred wait for a channel, and no digest goes for them', async () => {
  const world = new OutboxWorld([channelSettings('phone', { digest: true })]);
  world.channel('phone').answer = {};
  world.outbox.push(messageOf('digest', { kind: 'digest' }));
  for (let count = 0; count < 500; count++) world.outbox.push(messageOf(`m${count}`));
  const ids = world.state.deliveries().map(({ message }) => message.id);
  expect(ids).toHaveLength(200);
  expect([ids[0], ids.at(-1)]).toEqual(['digest', 'm499']);
});

test('closing cuts off what is on its way, and keeps it', async () => {
  const world = new OutboxWorld([channelSettings('phone')]);
  world.channel('phone').answer = 'takes';
  world.outbox.push(messageOf('one'));
  await world.outbox.close();
  await world.pass(0);
  expect(world.channel('phone').askedMs).toEqual([]);
  expect(world.state.deliveries()).toHaveLength(1);
});
