import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { Layout, Mode } from '../accounts/layout.ts';
import { minimalBase } from '../accounts/passwd.ts';
import { forcedCommand } from '../session/forced-command.ts';
import type { Jail } from '../session/jail.ts';
import { sftpCommand } from '../sftp/command.ts';
import { containerAccounts } from './mode.ts';
import { buildPrivateMounts, privatePaths, privateRuntimeDir } from './namespace.ts';
import type { Program } from './program.ts';

/** What is needed for a layout once the jail is known, and the session program by the path sessions reach. */
export interface PreparedLayout {
  readonly layoutWith: (jail: Jail) => Layout;
  readonly node: string;
  readonly session: string;
}

interface Wishes {
  readonly mode: Mode;
  readonly dataDir: string;
  readonly program: Program;
  readonly liveFolders: readonly string[];
}

/** Makes this mode's places, mounts included, and says where they are. */
export const prepareLayout = async (wishes: Wishes): Promise<PreparedLayout> => {
  switch (wishes.mode) {
    case 'private':
      return privateLayout(wishes);
    case 'container':
      return containerLayout(wishes);
    case 'rootless':
      return rootlessLayout(wishes);
  }
};

const privateLayout = async ({ dataDir, program, liveFolders }: Wishes): Promise<PreparedLayout> => {
  const base = await buildPrivateMounts({ dataDir, program, liveFolders });
  const { data, node, session } = privatePaths(program);
  const accounts = { passwd: '/etc/passwd', group: '/etc/group', base };
  return prepared('private', { dataDir, sessionDataDir: data, runtimeDir: privateRuntimeDir, accounts }, node, session);
};

const containerLayout = ({ dataDir, program }: Wishes): PreparedLayout => {
  // The image's /run is a fresh tmpfs, so the links in /etc lead nowhere yet: nothing of the system's accounts is
  // left to keep.
  for (const folder of ['/run/sshd', '/run/berth', '/run/berth/etc', '/run/berth/keys', '/run/berth/control']) {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
  }
  const accounts = { ...containerAccounts, base: minimalBase };
  const places = { dataDir, sessionDataDir: dataDir, runtimeDir: privateRuntimeDir, accounts };
  return prepared('container', places, program.node, program.session);
};

const rootlessLayout = ({ dataDir, program }: Wishes): PreparedLayout => {
  requireLoginShell();
  const runtimeDir = join(dataDir, 'run');
  mkdirSync(runtimeDir, { recursive: true, mode: 0o700 });
  const places = { dataDir, sessionDataDir: dataDir, runtimeDir, accounts: null };
  return prepared('rootless', places, program.node, program.session);
};

/** sshd runs the forced command by the account's shell, and refuses an account it can not look up. */
const requireLoginShell = (): void => {
  const uid = process.getuid?.();
  const remedy = 'Run the server as an account with a login shell: chsh -s /bin/sh ACCOUNT';
  let account: ReturnType<typeof userInfo>;
  try {
    account = userInfo();
  } catch (cause) {
    throw new Problem(
      'no-account',
      `UID ${uid} has no account on this machine, so sshd could not let anyone in.`,
      remedy,
      { cause },
    );
  }
  if (!/\/(?:nologin|false)$/.test(String(account.shell ?? ''))) return;
  throw new Problem(
    'no-shell',
    `The account ${account.username} has no login shell, so no session could start.`,
    remedy,
  );
};

const prepared = (
  mode: Mode,
  places: Pick<Layout, 'dataDir' | 'sessionDataDir' | 'runtimeDir' | 'accounts'>,
  node: string,
  session: string,
): PreparedLayout => {
  const escaped = places.runtimeDir.replaceAll('%', '%%');
  const layoutWith = (jail: Jail): Layout => ({
    ...places,
    mode,
    authorizedKeysFile: mode === 'rootless' ? `${escaped}/authorized_keys` : `${escaped}/keys/%u`,
    sftpRoot: mode === 'rootless' ? null : join(places.sessionDataDir.replaceAll('%', '%%'), 'sources/%u/sftp'),
    commandFor: (source, key, readOnly) =>
      source.access === 'sftp'
        ? sftpCommand({ readOnly })
        : forcedCommand({
            node,
            program: session,
            source,
            key,
            dataDir: places.sessionDataDir,
            controlSocket: join(places.runtimeDir, 'control', source.name, 'api.sock'),
            jail,
          }),
  });
  return { layoutWith, node, session };
};
