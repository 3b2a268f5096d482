import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { serveStandIn, unknown } from './server.ts';
import { fileOfTar, tarOf } from './tar.ts';

/** What a test can have go wrong. `quietCut`: 200, a body in whole chunks, but cut, as Vault was seen to do. */
export interface VaultFault {
  sealed?: boolean;
  cutAfter?: number | null;
  quietCut?: number | null;
  wrongSum?: boolean;
  policy?: readonly string[];
  redirect?: string | null;
}

/**
 * A stand-in for Vault with integrated storage, NOT Vault and no proof of it: it keeps to https://developer.hashicorp.com/vault/api-docs/system/storage/raft and
 * to the archive's form of github.com/hashicorp/raft-snapshot. Its store is one text.
 */
export const withVaultStandIn = async (token: string) => {
  const store = { text: '' };
  const fault: VaultFault = {};
  const server = await serveStandIn((asked) => {
    const path = asked.path.join('/');
    if (path === 'v1/sys/seal-status') {
      return {
        body: {
          type: 'shamir',
          initialized: true,
          sealed: fault.sealed ?? false,
          version: '1.15.0',
          storage_type: 'raft',
        },
      };
    }
    if (fault.sealed) return { status: 503, body: { errors: ['Vault is sealed'] } };
    if (asked.headers['x-vault-token'] !== token) return { status: 403, body: { errors: ['permission denied'] } };
    if (path === 'v1/sys/capabilities-self' && asked.method === 'POST') {
      const { paths } = JSON.parse(asked.body.toString());
      return { body: Object.fromEntries(paths.map((one: string) => [one, fault.policy ?? ['read']])) };
    }
    if (!/^v1\/sys\/storage\/raft\/snapshot(?:-force)?$/.test(path)) return unknown(asked);
    if (asked.method === 'GET') {
      if (fault.redirect != null) return { status: 307, headers: { location: fault.redirect } };
      const body = snapshotOf(store.text, fault.wrongSum ?? false);
      const sent = fault.quietCut == null ? body : body.subarray(0, fault.quietCut);
      return { headers: { 'content-type': 'application/gzip' }, body: sent, cutAfter: fault.cutAfter ?? null };
    }
    if (asked.method !== 'POST') return unknown(asked);
    store.text = fileOfTar(gunzipSync(asked.body), 'state.bin');
    return { status: 204 };
  });
  return { ...server, store, fault };
};

const snapshotOf = (text: string, wrongSum: boolean): Buffer => {
  const meta = '{"Version":1,"ID":"bolt-snapshot","Index":7,"Term":2}';
  const sum = (content: string): string => createHash('sha256').update(content).digest('hex');
  const sums = `${sum(meta)}  meta.json\n${sum(wrongSum ? `${text}!` : text)}  state.bin\n`;
  return gzipSync(tarOf({ 'meta.json': meta, 'state.bin': text, SHA256SUMS: sums, 'SHA256SUMS.sealed': 'sealed' }));
};
