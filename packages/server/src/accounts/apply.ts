import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { execa } from 'execa';
import { phonePlaceFindings } from '../ingest/place-findings.ts';
import type { Source } from '../sources/source.ts';
import { authorizedKeysLine } from './authorized-keys.ts';
import { createDirectories, directoryFindings, homeIn, leftoverFindings } from './directories.ts';
import { ensureFolder, writeIfChanged } from './files.ts';
import type { AccountFinding } from './finding.ts';
import type { Layout, Mode } from './layout.ts';
import { accountFindings, composeAccounts } from './passwd.ts';

/**
 * Every reason why these sources can not be served on this host. Changes nothing, so `check` may ask at any time. `configDir` is the folder of
 * sources.yaml.
 */
export const findingsOnHost = (
  where: { readonly mode: Mode; readonly dataDir: string; readonly configDir: string },
  sources: readonly Source[],
): readonly AccountFinding[] => {
  if (where.mode === 'rootless') {
    return [
      ...sftpNeedsRoot(sources),
      ...directoryFindings(where.dataDir, sources, () => ownUid()),
      ...phonePlaceFindings(sources, where),
    ];
  }
  return [
    ...accountFindings(sources),
    ...directoryFindings(where.dataDir, sources, ({ uid }) => uid),
    ...leftoverFindings(where.dataDir, sources),
    // In the container these folders have other names; `up` has asked.
    ...(where.mode === 'container' ? [] : phonePlaceFindings(sources, where)),
  ];
};

/** Only root can confine a login to a folder (chroot), and without that one source would walk through all others. */
const sftpNeedsRoot = (sources: readonly Source[]): readonly AccountFinding[] =>
  sources
    .filter(({ access }) => access === 'sftp')
    .map(({ name }) => ({
      code: 'sftp-needs-root',
      source: name,
      message: `${name} is to store by SFTP, which a server without root can not confine to a folder.`,
      remedy: 'Run the server as root or in its container, or back this source up with restic.',
    }));

/**
 * Makes these sources, and no others, able to log in. Call it only when {@link findingsOnHost} is empty. What is
 * taken away is taken away first; the SFTP sources in `readOnly` may only read; a source can log in only once its folders are on the disk to stay. Idempotent:
 * after a crash the next call completes it. The data of a source that is gone stays where it is.
 */
export const applyAccounts = async (
  layout: Layout,
  sources: readonly Source[],
  readOnly: ReadonlySet<string>,
): Promise<void> => {
  ensureFolder(layout.runtimeDir, layout.mode === 'rootless' ? 0o700 : 0o755);
  if (layout.mode === 'rootless') requirePrivate(layout.runtimeDir);
  else removeOldKeys(layout, sources);
  const made = createDirectories(layout.dataDir, sources, layout.accounts === null ? ownUid : ({ uid }) => uid);
  if (made.length > 0) await syncFileSystem(join(layout.dataDir, 'sources'));
  if (layout.accounts !== null) {
    const { base, passwd, group } = layout.accounts;
    const files = composeAccounts(base, sources, (source) => homeIn(layout.sessionDataDir, source));
    // The group first: an account whose group is missing can log in with a group list that is too short.
    writeIfChanged(group, files.group, 0o644);
    writeIfChanged(passwd, files.passwd, 0o644);
  }
  writeKeys(layout, sources, readOnly);
};

/** Also by itself, when only {@link applyAccounts}' `readOnly` has changed. */
export const writeKeys = (layout: Layout, sources: readonly Source[], readOnly: ReadonlySet<string>): void => {
  const linesOf = (source: Source): string =>
    source.keys
      .map((key) => authorizedKeysLine(layout.commandFor(source, key.fingerprint, readOnly.has(source.name)), key))
      .join('');
  if (layout.mode === 'rootless') {
    writeIfChanged(join(layout.runtimeDir, 'authorized_keys'), sources.map(linesOf).join(''), 0o600);
    return;
  }
  for (const source of sources.filter(mayLogIn))
    writeIfChanged(join(layout.runtimeDir, 'keys', source.name), linesOf(source), 0o644);
};

/** A phone has an account, whose UID its files have, and no key. */
const mayLogIn = ({ keys }: Source): boolean => keys.length > 0;

const removeOldKeys = (layout: Layout, sources: readonly Source[]): void => {
  const folder = join(layout.runtimeDir, 'keys');
  ensureFolder(folder, 0o755);
  const listed = new Set<string>(sources.filter(mayLogIn).map(({ name }) => name));
  for (const name of readdirSync(folder)) if (!listed.has(name)) rmSync(join(folder, name));
};

/**
 * New folders must survive a power cut before anything is acknowledged in them; one call covers a thousand of them.
 */
const syncFileSystem = async (path: string): Promise<void> => {
  const { failed, cause } = await execa('sync', ['-f', path], { reject: false, timeout: 120_000 });
  if (failed) {
    throw new Problem(
      'sync-failed',
      `The file system of ${path} could not be synced.`,
      'Look at the disk: dmesg | tail',
      {
        cause,
      },
    );
  }
};

const requirePrivate = (path: string): void => {
  if ((lstatSync(path).mode & 0o077) === 0) return;
  throw new Problem('folder-open', `${path} is open to other users.`, `Close it: chmod 700 ${path}`);
};

const ownUid = (): number => process.getuid?.() ?? -1;
