import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { atField } from './place.ts';
import { unfinished } from './unfinished.ts';

/** `engine: rabbitmq` in agent.yaml. With a `user` the management API is asked, without one `rabbitmqctl`. */
export const rabbitmqSchema = z
  .strictObject({
    ...commonFields('rabbitmq'),
    at: atField(['host', 'tcp', 'container']),
    /** For rabbitmqctl, which needs the server's Erlang cookie: `rabbitmq`, as a rule. */
    as: asField,
    /** For rabbitmqctl: `rabbit@` this machine where none is named. */
    node: z
      .string()
      .regex(/^[\w.-]{1,64}@[\w.-]{1,255}$/)
      .nullable()
      .default(null)
      .meta({ example: 'node: rabbit@shop' }),
    /** For the management API: one with the tag `administrator`. */
    user: nameField('user: backup').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/rabbitmq.pass').nullable().default(null),
    tls: z.boolean().default(false).meta({ example: 'tls: true' }),
  })
  .superRefine((entry, context) => {
    const refuse = (key: string, message: string, remedy: string): void => {
      context.issues.push({ code: 'custom', message, input: entry, path: [key], params: { code: 'way', remedy } });
    };
    if (entry.at.kind === 'tcp' && entry.user === null) {
      refuse('at', 'over the network RabbitMQ wants a user', 'Write user and password_file, or take at: out.');
    }
    if (entry.user !== null && entry.password_file === null) {
      refuse('user', 'this user has no password', 'Write password_file: /etc/berth/rabbitmq.pass');
    }
    if (entry.user !== null && (entry.as !== null || entry.node !== null)) {
      refuse('user', 'there are two ways to RabbitMQ', 'Write user (its API is asked), or as and node (rabbitmqctl).');
    }
  });

/** An entry of this engine. */
export type RabbitmqEntry = z.output<typeof rabbitmqSchema>;

/** Its `Database`. */
export const rabbitmqDatabase = (entry: RabbitmqEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
