import { chown, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchDebian } from '../fetch-debian.ts';
import { type Instance, startInstance } from './instance.ts';

/** One that shares the folder, and where that folder is. */
export interface Side extends Instance {
  readonly folder: string;
}

/** Two real Syncthings that share a folder: what is put into the phone's comes to the NAS's, and goes again when it goes there. */
export interface SyncthingPair extends AsyncDisposable {
  /** Sends only. */
  readonly phone: Side;
  /** Receives only, and takes no permissions from the phone, as docs/phone.md says it should. */
  readonly nas: Side;
  /** The same on both. */
  readonly folderId: string;
  /** Lets the phone look at its folder now; resolves when it has. Nobody waits for its watcher then. */
  readonly scan: () => Promise<void>;
  /** Scans, and waits until the NAS holds all that the phone does. Rejects with what Syncthing says of it after `patienceMs`. */
  readonly waitInSync: (patienceMs?: number) => Promise<void>;
  /** So many KiB per second from now on, from phone to NAS; 0: as fast as it can. */
  readonly throttle: (kbps: number) => Promise<void>;
  /** Stops sharing the folder on one side, or begins again. */
  readonly pause: (side: 'phone' | 'nas', isPaused: boolean) => Promise<void>;
}

export interface PairOptions {
  /** Holds all of it: homes and folders. Whoever made it removes it, after the pair. Every UID named must be able to enter it. */
  readonly root: string;
  /** Where the NAS's folder is; `<root>/nas` if not said. It may exist. */
  readonly nasFolder?: string;
  /** Whom they run as; as we do if not said. */
  readonly phoneUid?: number;
  readonly nasUid?: number;
  /** KiB per second from phone to NAS; as fast as it can if not said. */
  readonly maxRecvKbps?: number;
  /** Whose Syncthing: Debian 12's 1.19 if not said, or Debian 13's 1.29. */
  readonly suite?: 'bookworm' | 'trixie';
  /** How long the phone waits after a change it sees before it looks; 1 if not said. */
  readonly fsWatcherDelayS?: number;
}

/** Debian's Syncthing, fetched as restic is. Rejects with the reason where it can't be had. */
export const syncthingProgram = async (suite: 'bookworm' | 'trixie' = 'bookworm'): Promise<string> =>
  join(await fetchDebian(`syncthing-${suite}`, suite, ['syncthing']), 'usr/bin/syncthing');

const folderId = 'phone-files';

/** Starts both and lets them know each other. */
export const startPair = async (options: PairOptions): Promise<SyncthingPair> => {
  const { root, phoneUid = null, nasUid = null, maxRecvKbps = 0, fsWatcherDelayS = 1 } = options;
  // Other UIDs can't read where it was fetched to.
  const program = join(root, 'syncthing');
  await copyFile(await syncthingProgram(options.suite), program);
  await using stack = new AsyncDisposableStack();
  const side = async (name: string, uid: number | null, folder: string): Promise<Side> => {
    const key = `${name}-`.padEnd(32, 'k');
    const instance = stack.use(await startInstance({ program, home: join(root, `${name}-home`), uid, key }));
    const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
    if (uid !== null && isNew) await chown(folder, uid, uid);
    return { ...instance, folder };
  };
  const [phone, nas] = await Promise.all([
    side('phone', phoneUid, join(root, 'phone')),
    side('nas', nasUid, options.nasFolder ?? join(root, 'nas')),
  ]);
  const devices = (maxRecv: number) => ({ addresses: [phone.address], maxRecvKbps: maxRecv, deviceID: phone.deviceId });
  await nas.api('/config/devices', { method: 'POST', body: { ...devices(maxRecvKbps), name: 'phone' } });
  await phone.api('/config/devices', {
    method: 'POST',
    body: { deviceID: nas.deviceId, name: 'nas', addresses: [nas.address] },
  });
  const shared = {
    ...{ id: folderId, label: 'Phone', fsWatcherEnabled: true, fsWatcherDelayS, rescanIntervalS: 3600 },
    ...{ minDiskFree: { value: 0, unit: '%' }, devices: [phone, nas].map(({ deviceId }) => ({ deviceID: deviceId })) },
  };
  const ofPhone = { ...shared, path: phone.folder, type: 'sendonly' };
  const ofNas = { ...shared, path: nas.folder, type: 'receiveonly', ignorePerms: true };
  await phone.api('/config/folders', { method: 'POST', body: ofPhone });
  await nas.api('/config/folders', { method: 'POST', body: ofNas });

  const scan = async (): Promise<void> => {
    await phone.api(`/db/scan?folder=${folderId}`, { method: 'POST' });
  };
  const own = stack.move();
  return {
    ...{ phone, nas, folderId, scan },
    waitInSync: async (patienceMs = 60_000) => {
      await scan();
      await untilInSync(phone, nas, patienceMs);
    },
    throttle: async (kbps) => {
      await nas.api(`/config/devices/${phone.deviceId}`, { method: 'PATCH', body: { maxRecvKbps: kbps } });
    },
    pause: async (which, isPaused) => {
      const { api } = which === 'phone' ? phone : nas;
      await api(`/config/folders/${folderId}`, { method: 'PATCH', body: { paused: isPaused } });
    },
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
};

/**
 * The phone knows which version of each file the NAS has told it that it holds. Before it was told anything at all it takes that for
 * "needs nothing", so the numbers of the NAS are compared too.
 */
const untilInSync = async (phone: Side, nas: Side, patienceMs: number): Promise<void> => {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const [connected, completion, there, here] = await Promise.all([
      phone.api('/system/connections'),
      phone.api(`/db/completion?folder=${folderId}&device=${nas.deviceId}`),
      phone.api(`/db/status?folder=${folderId}`),
      nas.api(`/db/status?folder=${folderId}`),
    ]);
    const isInSync =
      valueAt(connected, 'connections', nas.deviceId, 'connected') === true &&
      ['needItems', 'needDeletes'].every((name) => valueAt(completion, name) === 0) &&
      ['Files', 'Directories', 'Bytes'].every((of) => valueAt(there, `local${of}`) === valueAt(here, `global${of}`)) &&
      valueAt(here, 'needTotalItems') === 0 &&
      [there, here].every((status) => valueAt(status, 'state') === 'idle');
    if (isInSync) return;
    if (performance.now() > deadline) {
      const said = JSON.stringify({ completion, phone: there, nas: here });
      throw new Error(`not in sync: ${said}\n${nas.log().slice(-3000)}`);
    }
    await sleep(100);
  }
};

const valueAt = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? new Map(Object.entries(at)).get(name) : undefined),
    value,
  );
