import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import type { Logger } from 'pino';
import type { Layout } from '../../accounts/layout.ts';
import { coordinatorUid, stateFolder } from '../../coordinator/paths.ts';
import { readConditions } from '../../events/files.ts';
import type { Keeper } from '../../events/keeper.ts';
import { monitorFolder } from '../../monitor/paths.ts';
import { settingsOf } from '../../monitor/settings-of.ts';
import type { Jail } from '../../session/jail.ts';
import { parseSources } from '../../sources/load.ts';
import type { ServerConfig } from '../../sources/source.ts';
import { ensureStateFolder } from '../coordinator/folders.ts';
import { privatePaths } from '../namespace.ts';
import type { Program } from '../program.ts';
import { appliedFile, type ServerState } from '../state.ts';
import { monitorCommand, monitorPlace } from './command.ts';
import { Feed } from './feed.ts';
import { Monitor, type MonitorOptions } from './monitor.ts';

interface Server extends Pick<MonitorOptions, 'onChange' | 'onPage' | 'patience'> {
  readonly layout: Layout;
  readonly configFile: string;
  readonly jail: Jail;
  readonly program: Program;
  readonly keeper: Pick<Keeper, 'say'>;
  readonly state: () => ServerState;
  readonly log: Logger;
  /** See `RunOptions.coordinatorAheadMs`. */
  readonly aheadMs: number;
}

/** The monitor of this server, and what feeds it; it does not run yet. */
export const monitorOf = (server: Server): { readonly monitor: Monitor; readonly feed: Feed } => {
  const { layout, configFile, jail, program, keeper, state, log, aheadMs, ...options } = server;
  const { mode, dataDir } = layout;
  const reached = mode === 'private' ? privatePaths(program) : program;
  const place = monitorPlace({ mode, jail, program: reached, dataDir: layout.sessionDataDir });
  const uid = mode === 'rootless' ? (process.getuid?.() ?? -1) : coordinatorUid;
  const monitor = new Monitor({
    command: () => monitorCommand(place, { aheadMs }),
    prepare: () => {
      makeOthers(dataDir, uid);
      ensureStateFolder(monitorFolder(dataDir), uid, 'monitor');
    },
    open: () => readConditions(dataDir),
    onChannelFailing: () => feed.channelFails(),
    ...{ keeper, log, ...options },
  });
  const before = appliedIn(dataDir);
  const settings = (config: ServerConfig) => settingsOf(config, { folder: dirname(configFile), hostName: hostname() });
  const feed: Feed = new Feed({ dataDir, monitor, state, before, settingsOf: settings, log });
  return { monitor, feed };
};

/** The coordinator's own start says what is wrong with its folder. */
const makeOthers = (dataDir: string, uid: number): void => {
  try {
    ensureStateFolder(stateFolder(dataDir), uid);
  } catch {
    // The monitor then says that it can not read what the coordinator knows.
  }
};

/** What the last server had in force; null where none ran, or nobody understands it any more. */
const appliedIn = (dataDir: string): ServerConfig | null => {
  const file = appliedFile(dataDir);
  try {
    const parsed = parseSources({ file, content: readFileSync(file) });
    return parsed.kind === 'ok' ? parsed.config : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
};
