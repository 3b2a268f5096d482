import { z } from 'zod';
import type { Database } from './engine.ts';
import { choiceFields, commonFields, nameField, pathField } from './entry.ts';
import { checkHttp, httpFields } from './http.ts';
import { version1 } from './influxdb/version1.ts';
import { version2 } from './influxdb/version2.ts';

/** `engine: influxdb` in agent.yaml. */
export const influxdbSchema = z
  .strictObject({
    ...commonFields('influxdb'),
    /** Of the server: 1 is backed up by `influxd backup -portable`, 2 by its HTTP interface. */
    version: z.literal([1, 2]).meta({ example: 'version: 1' }),
    ...httpFields(8086),
    /** Version 1: the service for backups, which asks for no password and so listens on this machine (or in this container) only. */
    rpc: z
      .string()
      .regex(/^[\w.-]{1,255}:\d{1,5}$/)
      .default('127.0.0.1:8088')
      .meta({ example: 'rpc: 127.0.0.1:8088' }),
    /** Version 1, where it asks for one. */
    user: nameField('user: backup').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/influx.pass').nullable().default(null),
    /** Version 2: an operator token. */
    token_file: pathField('token_file: /etc/berth/influx.token').nullable().default(null),
    ...choiceFields,
  })
  .superRefine(checkHttp)
  .superRefine((entry, context) => {
    const { version, token_file, user, password_file } = entry;
    const refuse = (message: string, path: string, remedy: string): void =>
      void context.issues.push({
        code: 'custom',
        message,
        input: entry,
        path: [path],
        params: { code: 'password', remedy },
      });
    if (version === 2 && token_file === null) {
      refuse('InfluxDB 2 asks for an operator token', 'token_file', 'Write token_file: /etc/berth/influx.token');
    }
    if ((user === null) !== (password_file === null)) {
      refuse('a user has a password', 'password_file', 'Write both user and password_file, or neither.');
    }
  });

/** An entry of this engine. */
export type InfluxdbEntry = z.output<typeof influxdbSchema>;

/** Its `Database`. */
export const influxdbDatabase = (entry: InfluxdbEntry): Database =>
  entry.version === 1 ? version1(entry) : version2(entry);
