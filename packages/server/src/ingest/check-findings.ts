import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Mode } from '../accounts/layout.ts';
import { readSecretFile, type SecretFile, secretOf } from '../monitor/secret.ts';
import { openSecrets, type SecretFinding } from '../monitor/secret-findings.ts';
import type { Ingest, ServerConfig, Source } from '../sources/source.ts';
import { asUser } from '../status/as-user.ts';
import { ingestMountPoint, mediaMountPoint } from './mount-points.ts';

/** What is wrong with a phone as it is on this machine now. The server starts all the same, and goes on with the other sources. */
export interface PhoneFinding {
  /** A secret that can not be used; a folder that is not there, that the phone's UID may not read, or that Syncthing does not have; no restic. */
  readonly code:
    | 'phone-secret'
    | 'phone-folder-missing'
    | 'phone-folder-unreadable'
    | 'phone-folder-strange'
    | 'phone-restic-missing';
  /** The source; the first one of which it is so. */
  readonly name: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * Looks at the secrets and folders of all phones, each folder as its phone would. `configDir` is the folder of sources.yaml, and `restic` the one
 * that this machine has.
 */
export const phoneFindings = (
  { sources }: ServerConfig,
  where: { readonly mode: Mode; readonly configDir: string; readonly restic: string | null },
): { readonly errors: readonly PhoneFinding[]; readonly warnings: readonly (PhoneFinding | SecretFinding)[] } => {
  const secrets = new Map<string, SecretFile>();
  const phones = sources.flatMap((source) => (source.ingest === null ? [] : [{ source, ingest: source.ingest }]));
  const errors = phones.flatMap(({ source, ingest }) =>
    secretsOf(ingest).flatMap(({ file, what, isSecret }): readonly PhoneFinding[] => {
      const path = resolve(where.configDir, file);
      const read = readSecretFile(path);
      if (isSecret) secrets.set(path, read);
      const parsed = secretOf(path, read);
      if (parsed.ok) return [];
      const message = `${source.name} ${what}: ${parsed.message}`;
      return [{ code: 'phone-secret', name: source.name, message, remedy: parsed.remedy }];
    }),
  );
  const folders = phones.flatMap(({ source, ingest }) => [
    ...ingestFindings(source, ingest, where.mode),
    ...mirrorFindings(source, where.mode),
  ]);
  return { errors, warnings: [...resticFindings(phones, where.restic), ...folders, ...openSecrets(secrets)] };
};

const resticFindings = (
  phones: readonly { readonly source: Source }[],
  restic: string | null,
): readonly PhoneFinding[] => {
  const [first] = phones;
  if (restic !== null || first === undefined) return [];
  const names = phones.map(({ source }) => source.name).join(', ');
  const message = `this machine has no restic, so that these are not backed up: ${names}`;
  const remedy = 'Install it, and start the server once more, which looks for it at its start: apt-get install restic';
  return [{ code: 'phone-restic-missing', name: first.source.name, message, remedy }];
};

const secretsOf = ({ passwordFile, syncthing }: Ingest) => [
  { file: passwordFile, what: 'is not backed up', isSecret: true },
  ...(syncthing === null ? [] : [{ file: syncthing.apiKeyFile, what: 'can not ask Syncthing', isSecret: true }]),
  ...(syncthing?.certificateFile == null
    ? []
    : [{ file: syncthing.certificateFile, what: 'can not ask Syncthing', isSecret: false }]),
];

const ingestFindings = (source: Source, ingest: Ingest, mode: Mode): readonly PhoneFinding[] => {
  const { name, uid } = source;
  const folder = mode === 'container' ? ingestMountPoint(name) : ingest.folder;
  const entries = listed(folder, mode === 'rootless' ? null : { uid, gid: ingest.group ?? uid });
  const say = (code: PhoneFinding['code'], message: string, remedy: string): readonly PhoneFinding[] => [
    { code, name, message: `${name}: ${message}`, remedy },
  ];
  if (entries === 'missing') return say('phone-folder-missing', ...missing('ingest folder', ingest.folder, mode));
  if (entries === 'forbidden') {
    const remedy = `Write ingest: { group: … } with the group of its files (stat -c %g ${ingest.folder}), and let that group read them.`;
    return say('phone-folder-unreadable', `UID ${uid} may not read its ingest folder ${ingest.folder}`, remedy);
  }
  if (entries.includes('.stfolder') || (ingest.syncthing === null && entries.length > 0)) return [];
  const remedy =
    'Mount its disk, or name the folder that Syncthing has; it makes .stfolder there when the folder is added. Nothing is backed up before.';
  return say('phone-folder-strange', `there is no .stfolder in its ingest folder ${ingest.folder}`, remedy);
};

const mirrorFindings = ({ name, media }: Source, mode: Mode): readonly PhoneFinding[] => {
  if (media === null) return [];
  // Whether it can be written shows when it is; here only whether it is there at all.
  if (listed(mode === 'container' ? mediaMountPoint(name) : media.to, null) !== 'missing') return [];
  const [message, remedy] = missing('mirror', media.to, mode);
  return [{ code: 'phone-folder-missing', name, message: `${name}: ${message}`, remedy }];
};

const missing = (what: string, folder: string, mode: Mode): readonly [string, string] =>
  mode === 'container'
    ? [
        `its ${what} ${folder} is not mounted here`,
        'Type berth-server up once more on the NAS; with compose or systemd add its line: docs/container.md, docs/install-on-the-host.md.',
      ]
    : [`its ${what} ${folder} is not a folder on this machine`, 'Mount its disk, or make it.'];

/** What stands in a folder, seen by that user; by ourselves for null, or where we may not become others. */
const listed = (
  folder: string,
  who: { readonly uid: number; readonly gid: number } | null,
): readonly string[] | 'missing' | 'forbidden' => {
  try {
    return who === null ? readdirSync(folder) : asPhone(who, () => readdirSync(folder));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return 'missing';
    if (isErrno(error, 'EACCES')) return 'forbidden';
    if (isErrno(error, 'EPERM') && who !== null) return maySee(folder);
    throw error;
  }
};

/** The check of a new image has no capability, so it may become nobody: what it may not read may be readable all the same. */
const maySee = (folder: string): readonly string[] | 'missing' => {
  const seen = listed(folder, null);
  return seen === 'forbidden' ? ['.stfolder'] : seen;
};

const asPhone = <Result>({ uid, gid }: { readonly uid: number; readonly gid: number }, look: () => Result): Result => {
  const { geteuid, getegid, setegid } = process;
  if (geteuid === undefined || getegid === undefined || setegid === undefined || geteuid() !== 0) return look();
  const own = getegid();
  setegid(gid);
  try {
    return asUser(uid, look);
  } finally {
    setegid(own);
  }
};
