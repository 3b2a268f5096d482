import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { saysSecret } from './answer.ts';
import { type Channel, ChannelError, type Message } from './channel.ts';
import { guardedRequest } from './http.ts';
import { channelOf } from './registry.ts';
import type { ChannelSettings } from './settings.ts';
import { deafPort, exampleAtMs, exampleMessage, hostileText } from './testing.ts';

/** How a service behaves: `says-back` refuses the message and repeats all of it, headers and address too. */
export type Behaviour = 'takes' | 'knows-us-not' | 'too-many' | 'broken' | 'silent' | 'elsewhere' | 'says-back';

/** A message as a service got it, its format checked strictly. */
export interface Taken {
  /** What people are shown, with the service's escapes as they are. */
  readonly words: string;
  /** By what a second try is known; null where the service knows nothing of the kind. */
  readonly id: string | null;
}

/** A service that behaves so, with the settings of a channel to it. */
export interface Served extends AsyncDisposable {
  readonly settings: ChannelSettings;
  /** Throws where a request is not as the service's documentation has it. */
  readonly taken: () => readonly Taken[];
}

/** A kind of channel, for the contract. */
export interface Subject {
  readonly name: string;
  readonly serve: (behaviour: Behaviour) => Promise<Served>;
  /** The same with nobody there. */
  readonly deaf: (port: number) => ChannelSettings;
  /** Must never stand in an error. */
  readonly secrets: readonly string[];
  /** Whether redirects and private addresses mean anything to it. */
  readonly isWeb: boolean;
}

/** A text of so many UTF-16 code units: zod's own `max` counts characters, which is less. */
export const units = (least: number, most: number) =>
  z.string().refine(({ length }) => length >= least && length <= most, `not ${least} to ${most} long`);

const open = (settings: ChannelSettings, deadlineMs = 5000): Channel =>
  channelOf(settings, {
    request: guardedRequest({ deadlineMs }),
    nowMs: () => exampleAtMs,
    mailDeadlineMs: deadlineMs,
  });

const failureOf = async (channel: Channel, message: Message = exampleMessage(), signal?: AbortSignal) => {
  const error = await channel.send(message, signal ?? new AbortController().signal).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ChannelError)) throw new Error(`no ChannelError: ${inspect(error)}`);
  return error;
};

/** What every channel promises, whatever its service: the docstring of `Channel`. */
export const channelContract = (subject: Subject): void => {
  const { name, serve, secrets } = subject;

  describe(`${name}, as every channel,`, () => {
    test('delivers the title and the body, in the format that the service documents', async () => {
      await using served = await serve('takes');
      const channel = open(served.settings);
      await channel.send(exampleMessage(), new AbortController().signal);
      expect(channel.name).toBe(served.settings.name);
      const [taken] = served.taken();
      expect(taken?.words).toContain('laptop is overdue');
      expect(taken?.words.replaceAll('\\', '')).toContain('one every day.');
      expect(served.taken()).toHaveLength(1);
    });

    test('delivers every kind of message, without a page, a code, a source or a body, too', async () => {
      await using served = await serve('takes');
      const kinds = ['raised', 'reminder', 'resolved', 'digest', 'test'] as const;
      for (const kind of kinds) {
        const bare = { url: null, code: null, sources: [], body: '', severity: 'notice' } as const;
        await open(served.settings).send(exampleMessage({ kind, ...bare }), new AbortController().signal);
      }
      expect(served.taken()).toHaveLength(kinds.length);
    });

    test('makes a hostile message inert', async () => {
      await using served = await serve('takes');
      const hostile = exampleMessage({
        title: hostileText,
        body: hostileText,
        sources: ['laptop\r\nX: y'],
        code: 'a\nb',
      });
      await open(served.settings).send(hostile, new AbortController().signal);
      const [taken] = served.taken();
      // Line breaks of a body are meant; nothing else that moves a cursor, reorders or hides.
      expect(taken?.words).not.toMatch(/[^\P{Cc}\n]|[\u200b\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Cs}/u);
      expect(taken?.words).toContain('alert(1)'.slice(0, 5));
    });

    test('cuts a huge message to what the service takes, says so, and takes no time over it', async () => {
      await using served = await serve('takes');
      const huge = exampleMessage({ title: 'é<@*'.repeat(50_000), body: '<&*_@𝒳"\n'.repeat(150_000) });
      const before = performance.now();
      await open(served.settings).send(huge, new AbortController().signal);
      expect(performance.now() - before).toBeLessThan(1500);
      expect(served.taken()[0]?.words).toContain('more characters were cut');
    });

    test('sends the same message again under the same id, where there is one', async () => {
      await using served = await serve('takes');
      for (const _ of [1, 2]) await open(served.settings).send(exampleMessage(), new AbortController().signal);
      await open(served.settings).send(exampleMessage({ id: '0a1b.2 é' }), new AbortController().signal);
      const [first, second, third] = served.taken().map(({ id }) => id);
      expect(second).toBe(first);
      if (first !== null) expect(third).not.toBe(first);
    });

    test('gives up at once where the service does not know it, and says what to do', async () => {
      await using served = await serve('knows-us-not');
      const error = await failureOf(open(served.settings));
      expect(error).toMatchObject({ isFinal: true });
      expect(error.remedy).toMatch(/\w{3}/);
    });

    test('is to be tried again when there were too many requests', async () => {
      await using served = await serve('too-many');
      const error = await failureOf(open(served.settings));
      expect(error).toMatchObject({ isFinal: false, ...(subject.isWeb ? { retryAfterMs: 7000 } : {}) });
    });

    test('is to be tried again when the service is broken', async () => {
      await using served = await serve('broken');
      expect(await failureOf(open(served.settings))).toMatchObject({ isFinal: false });
    });

    test('ends by its deadline when the service says nothing', async () => {
      await using served = await serve('silent');
      const error = await failureOf(open(served.settings, 150));
      expect(error).toMatchObject({ isFinal: false, message: expect.stringContaining('did not answer within') });
    });

    test('ends when it is told to stop', async () => {
      await using served = await serve('silent');
      expect(await failureOf(open(served.settings), exampleMessage(), AbortSignal.timeout(30))).toMatchObject({
        isFinal: false,
      });
      expect(await failureOf(open(served.settings), exampleMessage(), AbortSignal.abort())).toMatchObject({
        isFinal: false,
      });
    });

    test('is to be tried again when nobody listens', async () => {
      const error = await failureOf(open(subject.deaf(await deafPort())));
      expect(error).toMatchObject({ isFinal: false, message: expect.stringContaining('ECONNREFUSED') });
    });

    test('never says a secret, whatever the service says back', async () => {
      const errors: ChannelError[] = [await failureOf(open(subject.deaf(await deafPort())))];
      for (const behaviour of ['knows-us-not', 'too-many', 'broken', 'says-back'] as const) {
        await using served = await serve(behaviour);
        errors.push(await failureOf(open(served.settings)));
      }
      for (const error of errors)
        expect(saysSecret(`${error.remedy} ${inspect(error, { depth: 20 })}`, secrets)).toBe(false);
    });
  });

  if (!subject.isWeb) return;
  describe(`${name}, as every channel of the web,`, () => {
    test('follows no redirect', async () => {
      await using served = await serve('elsewhere');
      expect(await failureOf(open(served.settings))).toMatchObject({ isFinal: true });
      expect(served.taken()).toHaveLength(1);
    });

    test('sends nothing to a private address unless it may', async () => {
      await using served = await serve('takes');
      const error = await failureOf(open({ ...served.settings, allowPrivate: false } as ChannelSettings));
      expect(error).toMatchObject({ isFinal: true, remedy: expect.stringContaining('allow_private: true') });
      expect(error.message).toContain('127.0.0.1');
      expect(served.taken()).toHaveLength(0);
    });
  });
};
