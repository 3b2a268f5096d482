import { Problem } from '@berth/common/problem.ts';
import type { DumpSink } from '@berth/common/restic/stream.ts';
import { z } from 'zod';
import { collectTool } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import { restoreFailed } from '../failed.ts';
import { basicAuth, httpOf } from '../http.ts';
import type { Place } from '../place.ts';
import type { RabbitmqEntry } from '../rabbitmq.ts';

/** What both ways to a broker can do. */
export interface Way {
  readonly version: (signal: AbortSignal) => Promise<string>;
  readonly exportTo: (sink: DumpSink, signal: AbortSignal) => Promise<void>;
  /** Merges; deletes nothing. */
  readonly importFrom: (chunks: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<void>;
}

/** The way an entry names. */
export const wayOf = (entry: RabbitmqEntry, world: EngineWorld): Way =>
  entry.user === null || entry.password_file === null
    ? byTool(entry, world)
    : byApi(entry, entry.user, entry.password_file, world);

const overview = z.object({ rabbitmq_version: z.string().max(100) });
const path = '/api/definitions';

/** https://www.rabbitmq.com/docs/definitions, "Export using HTTP API", and the API's own page `/api` of each broker. */
const byApi = (entry: RabbitmqEntry, user: string, passwordFile: string, world: EngineWorld): Way => {
  const open = async () =>
    httpOf(entry, 15_672, { authorization: basicAuth(user, await world.secret(passwordFile)) }, world);
  return {
    version: async (signal) =>
      (await (await open()).json(overview, { path: '/api/overview' }, signal)).rabbitmq_version,
    exportTo: async (sink, signal) => {
      const { chunks } = await (await open()).stream({ path }, signal);
      for await (const chunk of chunks) await sink.write(chunk);
    },
    importFrom: async (chunks, signal) => {
      // The API wants to know its length beforehand, and definitions are small.
      const body = await whole(chunks);
      await (await open()).send(
        {
          method: 'POST',
          path,
          body: { chunks: once(body), type: 'application/json', length: body.length },
          explain: (status, text) =>
            status === 400 ? restoreFailed('RabbitMQ did not take the definitions.', [`400 ${text}`]) : null,
        },
        signal,
      );
    },
  };
};

/** https://www.rabbitmq.com/docs/man/rabbitmqctl.8: needs the server's cookie, so it runs as its user. */
const byTool = (entry: RabbitmqEntry, world: EngineWorld): Way => {
  const place: Place = entry.at.kind === 'container' ? entry.at : { kind: 'host' };
  const argv = (words: readonly string[]): readonly [string, ...string[]] => [
    'rabbitmqctl',
    ...(entry.node === null ? [] : ['--node', entry.node]),
    ...words,
  ];
  return {
    version: async (signal) => {
      const end = await collectTool(world, place, { argv: argv(['eval', versionTerm]), as: entry.as }, signal);
      if (end.code !== 0) throw toolProblem(entry, [...end.stderr, end.stdout]);
      return end.stdout.trim().replaceAll('"', '');
    },
    exportTo: async (sink, signal) => {
      const end = await world.run(
        place,
        { argv: argv(['--quiet', 'export_definitions', '-']), onStdout: (chunk) => sink.write(chunk), as: entry.as },
        signal,
      );
      if (end.code !== 0) throw toolProblem(entry, end.stderr);
    },
    importFrom: async (chunks, signal) => {
      const stdin = once(asciiOf(await whole(chunks)));
      const command = { argv: argv(['--quiet', 'import_definitions']), stdin, as: entry.as };
      const end = await collectTool(world, place, command, signal);
      if (end.code !== 0)
        throw restoreFailed('rabbitmqctl did not import the definitions.', [...end.stderr, end.stdout]);
    },
  };
};

const versionTerm = 'rabbit_misc:version().';

const toolProblem = (entry: RabbitmqEntry, words: readonly string[]): Problem => {
  const said = words.join('\n').trim();
  const cause = new Error(said);
  if (/nodedown|unable to (?:perform an operation|connect)|not running|nodistribution|TCP connection/i.test(said)) {
    const isCookie = /cookie/i.test(said) && /authentication|rejected|Erlang cookie mismatch/i.test(said);
    return isCookie
      ? new Problem(
          'database-refused',
          'RabbitMQ did not take the Erlang cookie of this user.',
          'Write as: rabbitmq in the entry, or user and password_file.',
          { cause },
        )
      : new Problem(
          'database-unreachable',
          `RabbitMQ of the entry ${entry.name} does not answer.`,
          'Look whether it runs, and at node: in agent.yaml.',
          { cause },
        );
  }
  return new Problem('dump-failed', 'rabbitmqctl failed.', 'Try it by hand: rabbitmqctl export_definitions -', {
    cause,
  });
};

/** JSON with its other characters escaped: what rabbitmqctl reads from its standard input it cuts off at those (tried, 3.10). */
const asciiOf = (json: Buffer): Buffer =>
  Buffer.from(
    json
      .toString('utf8')
      .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

const whole = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};

const once = async function* (chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
};
