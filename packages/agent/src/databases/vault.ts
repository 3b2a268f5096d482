import { createHash, type Hash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { drained } from './drained.ts';
import type { Database, EngineWorld, Verifier } from './engine.ts';
import { commonFields, pathField } from './entry.ts';
import { dumpUnverified, restoreFailed, restoreRefused } from './failed.ts';
import { checkHttp, type Http, httpFields, httpOf } from './http.ts';
import { fileNameOf } from './name.ts';
import { tarReader } from './tar.ts';

/** `engine: vault` in agent.yaml. */
export const vaultSchema = z
  .strictObject({
    ...commonFields('vault'),
    ...httpFields(8200),
    token_file: pathField('token_file: /etc/berth/vault.token'),
    /** At a restore: into a Vault with other unseal keys, which then has those of the snapshot. */
    force: z.boolean().default(false).meta({ example: 'force: true' }),
  })
  .superRefine(checkHttp);

/** An entry of this engine. */
export type VaultEntry = z.output<typeof vaultSchema>;

const path = '/v1/sys/storage/raft/snapshot';

/**
 * Vault with integrated storage: a snapshot of its Raft log (https://developer.hashicorp.com/vault/api-docs/system/storage/raft), the same as
 * `vault operator raft snapshot save` takes. It is encrypted, and worth nothing without the unseal keys (or the KMS), which nobody backs up here.
 * Only the active node answers; a standby sends there, which is another origin: `url` has to name it. OpenBao speaks alike.
 */
export const vaultDatabase = (entry: VaultEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    const vault = await open(entry, world);
    const status = await vault.json(sealStatus, { path: '/v1/sys/seal-status' }, signal);
    if (!status.initialized) throw refused('This Vault was never initialized.', 'Run: vault operator init');
    if (status.sealed) throw refused('This Vault is sealed.', 'Run: vault operator unseal');
    if (status.storage_type !== undefined && status.storage_type !== 'raft') {
      throw new Problem(
        'not-supported',
        `This Vault keeps its data in ${status.storage_type}, and only integrated storage (raft) has snapshots.`,
        'Back up that storage instead.',
      );
    }
    const may = await vault.json(
      capabilities,
      { method: 'POST', path: '/v1/sys/capabilities-self', body: { json: { paths: ['sys/storage/raft/snapshot'] } } },
      signal,
    );
    if (!may['sys/storage/raft/snapshot'].some((right) => right === 'read' || right === 'root')) {
      throw refused(
        'The token may not take snapshots.',
        'Give it a policy: path "sys/storage/raft/snapshot" { capabilities = ["read"] }',
      );
    }
    const file = fileNameOf({ engine: entry.engine, name: entry.name, database: null, ending: 'snap' });
    return {
      version: `Vault ${status.version}`,
      units: [{ database: null, file, form: 'stream' }],
      warnings: [],
    };
  },
  dump: async (_unit, to, world, signal) => {
    if (to.kind !== 'stream') throw new Error('Vault is streamed');
    const { chunks } = await (await open(entry, world)).stream({ path }, signal);
    for await (const chunk of chunks) await to.sink.write(chunk);
    return { warnings: [] };
  },
  verify: () => snapshotVerifier(),
  restore: async (_unit, from, into, world, signal) => {
    if (from.kind !== 'stream') throw new Error('Vault is streamed');
    if (into.kind === 'new') {
      throw restoreRefused('A Vault holds one store.', 'Restore it with --live, or write it to a file with --to-file.');
    }
    const vault = await open(entry, world);
    await vault.send(
      {
        method: 'POST',
        path: entry.force ? `${path}-force` : path,
        body: { chunks: from.chunks, type: 'application/octet-stream' },
        explain: (status, text) =>
          status === 400 ? restoreFailed('Vault did not take the snapshot.', [`400 ${text}`]) : null,
      },
      signal,
    );
    return { warnings: ['Vault is sealed now where its keys changed: unseal it with the keys of the snapshot.'] };
  },
});

const open = async (entry: VaultEntry, world: EngineWorld): Promise<Http> =>
  httpOf(entry, 8200, { 'x-vault-token': await world.secret(entry.token_file), 'x-vault-request': 'true' }, world);

const sealStatus = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  version: z.string().max(100),
  storage_type: z.string().max(100).optional(),
});
const capabilities = z.object({ 'sys/storage/raft/snapshot': z.array(z.string()) });

const refused = (happened: string, remedy: string): Problem => new Problem('database-refused', happened, remedy);

const mostSums = 64 * 1024;
const mostMembers = 100;

/**
 * A gzipped tar with `meta.json`, `state.bin`, and `SHA256SUMS` of the two (https://github.com/hashicorp/raft-snapshot). Vault can answer 200 and break
 * off without a word; the end of gzip, the end of tar and the sums tell.
 */
const snapshotVerifier = (): Verifier => {
  const gunzip = createGunzip();
  const hashes = new Map<string, Hash>();
  const sums: Uint8Array[] = [];
  const tar = tarReader(({ name, bytes }) => {
    // All that is kept of what a server sends, which unpacks to a thousand times as much.
    if (name === 'SHA256SUMS' && bytes > mostSums) throw new Error('its sums are too many');
    if (hashes.size >= mostMembers) throw new Error('it has too many parts');
    if (name === 'SHA256SUMS' && sums.length > 0) throw new Error('it has sums twice');
    if (name === 'SHA256SUMS') return (chunk) => void sums.push(Uint8Array.from(chunk));
    const hash = createHash('sha256');
    hashes.set(name, hash);
    return (chunk) => void hash.update(chunk);
  });
  let wrong: unknown = null;
  const ended = new Promise<void>((resolve) => {
    gunzip.once('close', resolve);
  });
  gunzip.on('data', (chunk: Uint8Array) => {
    try {
      tar.write(chunk);
    } catch (error) {
      wrong ??= error;
      gunzip.destroy();
    }
  });
  gunzip.on('error', (error) => {
    wrong ??= error;
  });
  return {
    see: async (chunk) => {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await drained(gunzip);
    },
    conclude: async () => {
      gunzip.end();
      await ended;
      try {
        if (wrong !== null) throw wrong;
        tar.end();
      } catch (error) {
        throw dumpUnverified('The snapshot of Vault is cut or damaged.', error);
      }
      const stated = Buffer.concat(sums)
        .toString('utf8')
        .split('\n')
        .flatMap((line) => {
          const [, hex, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
          return hex !== undefined && name !== undefined ? [{ hex, name }] : [];
        });
      const told = new Set(stated.map(({ name }) => name));
      if (!told.has('meta.json') || !told.has('state.bin')) throw dumpUnverified('The snapshot of Vault has no sums.');
      for (const { hex, name } of stated) {
        if (hashes.get(name)?.digest('hex') !== hex)
          throw dumpUnverified(`The sum of ${name} in the snapshot is wrong.`);
      }
      return 'stream';
    },
    [Symbol.asyncDispose]: async () => {
      gunzip.destroy();
    },
  };
};
