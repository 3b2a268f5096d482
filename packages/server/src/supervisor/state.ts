import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@berth/common/errno.ts';
import { z } from 'zod';
import { replaceFile } from '../replace-file.ts';
import { judgementSchema } from '../sftp/judge.ts';

const finding = z.object({ message: z.string(), remedy: z.string() });

const jail = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('landlock'),
    rights: z.array(z.string()).readonly(),
    libraries: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal('none'), reason: z.string() }),
]);

const serverState = z.object({
  version: z.literal(1),
  /** The supervisor's; meaningful only while the lock is held. */
  pid: z.int(),
  /** sshd's listener; null while it is down. */
  sshdPid: z.int().nullable(),
  /** The coordinator's; null while it is down. An older server had none. */
  coordinatorPid: z.int().nullable().default(null),
  /** The monitor's; null while it is down. */
  monitorPid: z.int().nullable().default(null),
  /** Where the page is, such as http://127.0.0.1:8480; null where there is none, and while the monitor is down. */
  page: z.string().nullable().default(null),
  mode: z.enum(['private', 'container', 'rootless']),
  /** Where only the receiver's processes are: see connections.ts. */
  mountNamespace: z.string(),
  /** What holds the sessions: session/jail.ts. */
  jail,
  address: z.string().nullable(),
  port: z.int(),
  hostKey: z.object({ publicKey: z.string(), fingerprint: z.string() }),
  /** The fingerprint that machines know this server by; missing where an older server wrote it down. */
  knownHostKey: z.string().nullable().default(null),
  config: z.string(),
  /** Times are UTC, ISO 8601. */
  startedAt: z.string(),
  stoppedAt: z.string().nullable(),
  appliedAt: z.string().nullable(),
  /** What is known about each SFTP source. */
  sftp: z.record(z.string(), judgementSchema),
  /** Why the latest sources.yaml is not in force; null when it is. */
  refused: z.object({ at: z.string(), findings: z.array(finding).readonly() }).nullable(),
});

/** What a server leaves in `<data>/server.json` for `status` and `check`: what is in force, and what was refused. */
export type ServerState = z.infer<typeof serverState>;

const stateFile = (dataDir: string): string => join(dataDir, 'server.json');

/** The `sources.yaml` in force, word for word: what a new one is compared with, and what to go back to. */
export const appliedFile = (dataDir: string): string => join(dataDir, 'sources.applied.yaml');

/** Records the state. It is made anew at every start, so it is not synced. */
export const writeState = (dataDir: string, state: ServerState): void =>
  replaceFile(stateFile(dataDir), `${JSON.stringify(state, null, 2)}\n`, 0o644);

/** Records what was put in force. For us alone: it may name a topic or a URL that is as good as a password. */
export const writeApplied = (dataDir: string, content: Uint8Array): void =>
  replaceFile(appliedFile(dataDir), content, 0o600);

/** The state of the last server on this data directory; null when none ran or its file can not be understood. */
export const readState = (dataDir: string): ServerState | null => {
  try {
    return serverState.parse(JSON.parse(readFileSync(stateFile(dataDir), 'utf8')));
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
};
