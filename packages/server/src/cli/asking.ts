import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { problemOf } from '@berth/common/yaml/finding.ts';
import type { Ask } from '../monitor/link.ts';
import type { MonitorSettings } from '../monitor/settings.ts';
import { settingsOf } from '../monitor/settings-of.ts';
import { loadSources } from '../sources/load.ts';
import type { ServerConfig } from '../sources/source.ts';
import { requireDataDir } from '../supervisor/enter.ts';
import { isLocked } from '../supervisor/lock.ts';
import { askMonitor } from '../supervisor/monitor/ask.ts';
import { everything } from '../supervisor/monitor/everything.ts';
import { thisProgram } from '../supervisor/program.ts';
import { appliedFile, readState, type ServerState } from '../supervisor/state.ts';

/** Where a command that asks the monitor finds things. */
export interface AskingFlags {
  readonly data: string;
  /** What sources.yaml says there, instead of what is in force. */
  readonly config?: string;
}

/** What a command that asks the monitor goes by. */
export interface Told {
  readonly dataDir: string;
  readonly state: ServerState;
  readonly up: boolean;
  readonly config: ServerConfig;
  readonly settings: MonitorSettings;
}

/** What is in force on this data directory, with the secrets. Throws the Problem that says why it can not be had. */
export const toldOn = async ({ data, config: file }: AskingFlags): Promise<Told> => {
  const dataDir = resolve(data);
  requireDataDir(dataDir);
  const [state, up] = [readState(dataDir), await isLocked(dataDir)];
  if (state === null) {
    throw new Problem(
      'no-server',
      `No server has run on ${dataDir} yet, so there is nothing to tell of.`,
      `Start it once: berth-server run --data ${dataDir}`,
    );
  }
  // What is in force is a copy; the secrets lie beside the file that it is a copy of.
  const [read, beside] = file === undefined ? [appliedFile(dataDir), state.config] : [resolve(file), resolve(file)];
  const loaded = await loadSources(read);
  if (loaded.kind === 'unreadable') throw loaded.problem;
  if (loaded.kind === 'invalid') throw problemOf(loaded.findings);
  const settings = settingsOf(loaded.config, { folder: dirname(beside), hostName: hostname() });
  return { dataDir, state, up, config: loaded.config, settings };
};

/** Starts a monitor for this one question, tells it everything, and resolves with its answer. */
export const asked = async (told: Told, question: Ask) => {
  const messages = await everything({ ...told, nowMs: Date.now() });
  return askMonitor({ ...told, program: thisProgram() }, messages, question);
};

/** Where people see that nobody is told, and what to write. */
export const noChannel = (what: string): Problem =>
  new Problem('no-channel', `${what}: sources.yaml names no channel for it.`, channelExample);

const channelExample = `Write one there, such as a mail address, and its password alone into the file smtp-password beside it:
channels:
  mail:
    type: email
    host: smtp.example.org
    user: nas@example.org
    password_file: smtp-password
    from: nas@example.org
    to: me@example.org
Then type: berth-server alerts test mail`;
