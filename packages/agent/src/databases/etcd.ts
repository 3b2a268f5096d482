import { z } from 'zod';
import type { Database } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { atField } from './place.ts';
import { stopField } from './stop.ts';
import { unfinished } from './unfinished.ts';

/** `engine: etcd` in agent.yaml. With certificates `etcdctl` fetches the snapshot into a folder, without it streams. */
export const etcdSchema = z
  .strictObject({
    ...commonFields('etcd'),
    at: atField(['host', 'tcp', 'container']),
    /** For etcdctl and etcdutl. */
    as: asField,
    user: nameField('user: root').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/etcd.pass').nullable().default(null),
    tls: z.boolean().default(false).meta({ example: 'tls: true' }),
    ca_file: pathField('ca_file: /etc/etcd/ca.pem').nullable().default(null),
    cert_file: pathField('cert_file: /etc/etcd/client.pem').nullable().default(null),
    key_file: pathField('key_file: /etc/etcd/client.key').nullable().default(null),
    /** The member's data folder, which a restore into the live server replaces. */
    data: pathField('data: /var/lib/etcd/default').nullable().default(null),
    stop: stopField('stop: { unit: etcd.service }'),
  })
  .superRefine((entry, context) => {
    const refuse = (key: string, message: string, remedy: string): void => {
      context.issues.push({ code: 'custom', message, input: entry, path: [key], params: { code: 'way', remedy } });
    };
    if ((entry.user === null) !== (entry.password_file === null)) {
      refuse('user', 'a user and a password belong together', 'Write both user and password_file, or neither.');
    }
    if ((entry.cert_file === null) !== (entry.key_file === null)) {
      refuse('cert_file', 'a certificate and its key belong together', 'Write both cert_file and key_file.');
    }
    if (!entry.tls && [entry.ca_file, entry.cert_file].some((file) => file !== null)) {
      refuse('tls', 'certificates are for TLS', 'Write tls: true.');
    }
  });

/** An entry of this engine. */
export type EtcdEntry = z.output<typeof etcdSchema>;

/** Its `Database`. */
export const etcdDatabase = (entry: EtcdEntry): Database => unfinished(entry.engine, entry.name, entry.timeout);
