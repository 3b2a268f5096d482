import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { execa } from 'execa';
import { z } from 'zod';
import { type Contents, contentsOf } from './album.ts';

/** A repository on this disk, which restic itself opens: nothing of ours stands between it and the test. */
export interface Repository {
  readonly restic: string;
  readonly repository: string;
  readonly passwordFile: string;
}

const snapshots = z.array(z.object({ id: z.string(), time: z.string(), paths: z.array(z.string()) }));
export type Snapshot = z.output<typeof snapshots>[number];

/** restic's own words; throws when it fails. Takes no lock and keeps no cache. */
export const resticOn = async (at: Repository, ...words: readonly string[]): Promise<string> => {
  const place = ['--repo', at.repository, '--password-file', at.passwordFile, '--no-lock', '--no-cache', '--quiet'];
  return (await execa(at.restic, [...place, ...words], { stdin: 'ignore', timeout: 100_000 })).stdout;
};

/** Every snapshot, the oldest first; none where there is no repository yet. */
export const snapshotsIn = async (at: Repository): Promise<readonly Snapshot[]> => {
  const { failed } = await execa('test', ['-f', join(at.repository, 'config')], { reject: false });
  if (failed) return [];
  const listed = snapshots.parse(parseJson(await resticOn(at, 'snapshots', '--json')) ?? []);
  return listed.toSorted((one, other) => one.time.localeCompare(other.time));
};

/** Restores a snapshot to a folder of its own and says what is in it, by the paths the phone has. */
export const restoredFrom = async (at: Repository, snapshot: string): Promise<Contents> => {
  const target = await mkdtemp(join(tmpdir(), 'berth-restored-'));
  try {
    await resticOn(at, 'restore', snapshot, '--target', target);
    return await contentsOf(target);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
};
