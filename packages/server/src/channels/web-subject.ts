import type { Behaviour, Subject, Taken } from './contract.ts';
import type { ChannelSettings } from './settings.ts';
import { type Answer, type Got, standIn } from './testing.ts';

/** A subject whose service is a stand-in for one on the web. */
export const webSubject = (about: {
  readonly name: string;
  readonly settings: (url: string) => ChannelSettings;
  readonly taken: (got: Got) => Taken;
  readonly ok: Answer;
  readonly secrets: readonly string[];
}): Subject => ({
  ...{ name: about.name, isWeb: true, secrets: about.secrets },
  deaf: (port) => about.settings(`http://127.0.0.1:${port}`),
  serve: async (behaviour) => {
    const server = await standIn((got) => answerOf(behaviour, got) ?? (behaviour === 'silent' ? null : about.ok));
    return {
      settings: about.settings(server.url),
      taken: () => server.got.map(about.taken),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
});

const answerOf = (behaviour: Behaviour, got: Got): Answer => {
  const back = `${got.path} ${JSON.stringify(got.headers)} ${got.body}`;
  const answers: Readonly<Partial<Record<Behaviour, Answer>>> = {
    'knows-us-not': { status: 401, body: `unauthorized: ${got.path}` },
    'too-many': { status: 429, headers: { 'Retry-After': '7' }, body: 'slow down' },
    broken: { status: 503, body: '<html>broken</html>' },
    elsewhere: { status: 302, headers: { Location: '/elsewhere' } },
    'says-back': { status: 400, body: back },
  };
  return answers[behaviour] ?? null;
};
