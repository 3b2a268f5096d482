import { z } from 'zod';
import type { Database } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { atField } from './place.ts';
import { stopField } from './stop.ts';
import { unfinished } from './unfinished.ts';

/** `engine: prometheus` in agent.yaml. Its folder must be on this machine: there Prometheus puts its snapshots. */
export const prometheusSchema = z
  .strictObject({
    ...commonFields('prometheus'),
    at: atField(['host', 'tcp', 'container']),
    user: nameField('user: backup').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/prometheus.pass').nullable().default(null),
    tls: z.boolean().default(false).meta({ example: 'tls: true' }),
    /** Of `--web.external-url` or `--web.route-prefix`. */
    prefix: z
      .string()
      .regex(/^(?:\/[\w.~-]+)*$/)
      .default('')
      .meta({ example: 'prefix: /prometheus' }),
    /** `--storage.tsdb.path` as this machine sees it; the server is asked where it is not written. */
    data: pathField('data: /var/lib/prometheus/metrics2').nullable().default(null),
    stop: stopField('stop: { unit: prometheus.service }'),
  })
  .superRefine((entry, context) => {
    if ((entry.user === null) === (entry.password_file === null)) return;
    const remedy = 'Write both user and password_file, or neither.';
    const message = 'a user and a password belong together';
    context.issues.push({ code: 'custom', message, input: entry, path: ['user'], params: { code: 'way', remedy } });
  });

/** An entry of this engine. */
export type PrometheusEntry = z.output<typeof prometheusSchema>;

/** Its `Database`. */
export const prometheusDatabase = (entry: PrometheusEntry): Database =>
  unfinished(entry.engine, entry.name, entry.timeout);
