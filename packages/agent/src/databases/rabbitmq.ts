import { z } from 'zod';
import type { Database, Unit } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { restoreRefused } from './failed.ts';
import { httpFields } from './http.ts';
import { fileNameOf } from './name.ts';
import { definitionsVerifier } from './rabbitmq/verifier.ts';
import { wayOf } from './rabbitmq/way.ts';

/** `engine: rabbitmq` in agent.yaml. With a `user` the management API is asked, without one `rabbitmqctl`. */
export const rabbitmqSchema = z
  .strictObject({
    ...commonFields('rabbitmq'),
    ...httpFields(15672),
    /** For the management API: one with the tag `administrator`. */
    user: nameField('user: backup').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/rabbitmq.pass').nullable().default(null),
    /** For rabbitmqctl, which needs the server's Erlang cookie: `rabbitmq`, as a rule. */
    as: asField,
    /** For rabbitmqctl: `rabbit@` this machine where none is named. */
    node: z
      .string()
      .regex(/^[\w.-]{1,64}@[\w.-]{1,255}$/)
      .nullable()
      .default(null)
      .meta({ example: 'node: rabbit@shop' }),
  })
  .superRefine((entry, context) => {
    const refuse = (key: string, message: string, remedy: string): void => {
      context.issues.push({ code: 'custom', message, input: entry, path: [key], params: { code: 'way', remedy } });
    };
    if ((entry.at.kind === 'tcp' || entry.url !== null) && entry.user === null) {
      refuse('at', 'over the network RabbitMQ wants a user', 'Write user and password_file, or take url and at out.');
    }
    if ((entry.user === null) !== (entry.password_file === null)) {
      refuse('user', 'a user and a password belong together', 'Write both user and password_file, or neither.');
    }
    if (entry.user !== null && (entry.as !== null || entry.node !== null)) {
      refuse('user', 'there are two ways to RabbitMQ', 'Write user (its API is asked), or as and node (rabbitmqctl).');
    }
  });

/** An entry of this engine. */
export type RabbitmqEntry = z.output<typeof rabbitmqSchema>;

/**
 * Its `Database`: the definitions of users, virtual hosts, exchanges, queues, bindings and policies
 * (https://www.rabbitmq.com/docs/definitions), as JSON. Messages are not in them: those lie in the node's data folder, which is only whole while the
 * node is stopped.
 */
export const rabbitmqDatabase = (entry: RabbitmqEntry): Database => {
  const { engine, name, timeout: timeoutMs } = entry;
  const file = fileNameOf({ engine, name, database: null, ending: 'json' });
  const unit: Unit = { database: null, file, form: 'stream' };
  return {
    engine,
    name,
    timeoutMs,
    describe: async (world, signal) => ({
      version: `RabbitMQ ${await wayOf(entry, world).version(signal)}`,
      units: [unit],
      warnings: [],
    }),
    dump: async (_unit, to, world, signal) => {
      if (to.kind === 'folder') throw new Error('RabbitMQ is streamed');
      await wayOf(entry, world).exportTo(to.sink, signal);
      return { warnings: [] };
    },
    verify: () => definitionsVerifier(),
    restore: async (_unit, from, into, world, signal) => {
      if (from.kind === 'folder') throw new Error('RabbitMQ is streamed');
      if (into.kind === 'new') {
        const remedy = 'Import them with --live into a broker, or write them to a file with --to-file.';
        throw restoreRefused('Definitions are of a whole broker, with all its virtual hosts.', remedy);
      }
      await wayOf(entry, world).importFrom(from.chunks, signal);
      return { warnings: ['What the broker had and the dump has not is still there: definitions are merged.'] };
    },
  };
};
