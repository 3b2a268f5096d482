import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Door, SshResult } from '../door.ts';
import { eventually } from '../receiver.ts';
import type { TestSources } from '../sources-text.ts';

/** A receiver to try the matrix on. */
export interface Besieged extends AsyncDisposable {
  readonly door: Door;
  /** The data directory, for this test to look into, and the folder of sources.yaml. */
  readonly dataDir: string;
  readonly configDir: string;
  /** The same places as the server's own processes name them. */
  readonly inside: {
    readonly dataDir: string;
    readonly configDir: string;
    readonly hostKeys: string;
    readonly port: number;
    /** Of a phone, where it is `folder` on the NAS. */
    readonly phoneFolder: (name: string, which: 'ingest' | 'media', folder: string) => string;
  };
  /** Starts it with these sources. */
  readonly start: (sources: TestSources) => Promise<void>;
  /** Runs a command with this UID where the server's processes run, with no other wall around it. */
  readonly asUser: (uid: number, command: readonly string[]) => Promise<SshResult>;
}

export const uids = { alpha: 31_001, beta: 31_002, phone: 31_003 } as const;

/** What is left to code that runs as alpha's UID and got out of every other wall. */
export const uidRows = (besieged: () => Besieged): void => {
  test('its UID on the server’s disk reads, lists and writes nothing of beta’s', async () => {
    const { dataDir, hostKeys } = besieged().inside;
    const folder = join(dataDir, 'sources/beta');
    const asAlpha = (...command: readonly string[]) => besieged().asUser(uids.alpha, command);
    expect((await asAlpha('ls', join(dataDir, 'sources/alpha/repo'))).exitCode).toBe(0);
    for (const part of ['repo', 'trash', 'journal', 'incoming', 'quarantine']) {
      expect((await asAlpha('ls', join(folder, part))).stderr).toContain('Permission denied');
      expect((await asAlpha('touch', join(folder, part, 'x'))).stderr).toContain('Permission denied');
    }
    const hostKey = join(hostKeys, 'ssh_host_ed25519_key');
    for (const command of [
      ['cat', join(folder, 'repo/config')],
      ['touch', join(folder, 'x')],
      ['cat', hostKey],
    ])
      expect((await asAlpha(...command)).stderr).toContain('Permission denied');
  });

  test('its UID walks to its own control socket, to no other’s, and to nothing the coordinator keeps', async () => {
    const asAlpha = (...command: readonly string[]) => besieged().asUser(uids.alpha, command);
    const [own, other] = ['alpha', 'beta'].map((name) => join('/run/berth/control', name));
    const socket = join(own ?? '', 'api.sock');
    await eventually('its own is there', 20_000, async () => (await asAlpha('test', '-S', socket)).exitCode === 0);
    const state = join(besieged().inside.dataDir, 'coordinator');
    for (const command of [
      ['stat', join(other ?? '', 'api.sock')],
      ['ls', other ?? ''],
      // Its own it may walk through, and neither look into nor change.
      ['ls', own ?? ''],
      ['touch', join(own ?? '', 'x')],
      ['rm', '-f', socket],
      ['mv', own ?? '', '/run/berth/control/beta2'],
      ['mkdir', '/run/berth/control/gamma'],
      ['ls', state],
      ['cat', join(state, 'state.db')],
    ])
      expect([command, (await asAlpha(...command)).stderr]).toEqual([
        command,
        expect.stringContaining('Permission denied'),
      ]);
  });
};
