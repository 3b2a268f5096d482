import { z } from 'zod';
import type { Database, Unit } from './engine.ts';
import { commonFields, nameField, pathField } from './entry.ts';
import { dumpByEtcdctl, folderVerifier } from './etcd/folder.ts';
import { memberOf, refuseWithoutUser } from './etcd/member.ts';
import { restoreEtcd } from './etcd/restore.ts';
import { dumpBySnapshot } from './etcd/stream.ts';
import { snapshotVerifier } from './etcd/verifier.ts';
import { httpFields } from './http.ts';
import { fileNameOf } from './name.ts';
import { stopField } from './stop.ts';

/** `engine: etcd` in agent.yaml. With a certificate of its own `etcdctl` fetches the snapshot into a folder, without one it streams. */
export const etcdSchema = z
  .strictObject({
    ...commonFields('etcd'),
    ...httpFields(2379),
    /** One with the role `root`, where users are on. */
    user: nameField('user: root').nullable().default(null),
    password_file: pathField('password_file: /etc/berth/etcd.pass').nullable().default(null),
    cert_file: pathField('cert_file: /etc/etcd/client.pem').nullable().default(null),
    key_file: pathField('key_file: /etc/etcd/client.key').nullable().default(null),
    /** The member's data folder on this machine, in which a restore into the live server puts what it had. */
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
    if (entry.cert_file !== null && entry.ca_file === null) {
      refuse('cert_file', 'a certificate is shown over TLS', 'Write ca_file too: ca_file: /etc/etcd/ca.pem');
    }
  });

/** An entry of this engine. */
export type EtcdEntry = z.output<typeof etcdSchema>;

/**
 * Its `Database`: one member's snapshot holds all of the cluster's keys (https://etcd.io/docs/v3.5/op-guide/recovery/). Whichever way it came, the file
 * is what `etcdctl snapshot save` writes.
 */
export const etcdDatabase = (entry: EtcdEntry): Database => {
  const { engine, name, timeout: timeoutMs } = entry;
  const isStream = entry.cert_file === null;
  const file = fileNameOf({ engine, name, database: null, ending: isStream ? 'db' : null });
  const unit: Unit = { database: null, file, form: isStream ? 'stream' : 'folder' };
  return {
    engine,
    name,
    timeoutMs,
    describe: async (world, signal) => {
      const { version } = await memberOf(entry, world, signal);
      await refuseWithoutUser(entry, world, signal);
      return { version: `etcd ${version}`, units: [unit], warnings: [] };
    },
    dump: async (_unit, to, world, signal) => {
      if (to.kind === 'stream') await dumpBySnapshot(entry, to.sink, world, signal);
      else await dumpByEtcdctl(entry, to.path, world, signal);
      return { warnings: [] };
    },
    verify: (_unit, folder, world, signal) =>
      folder === null ? snapshotVerifier() : folderVerifier(folder, world, signal),
    restore: (_unit, from, into, world, signal) => restoreEtcd(entry, from, into, world, signal),
  };
};
