import { type Home, homeOf } from '../config/home.ts';

/** What a command has of the world: where it writes, whose home it uses, and when it should stop. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly uid: number;
  /** True where a person watches standard error, so a bar may be drawn. */
  readonly terminal: boolean;
  /** How wide that terminal is. */
  readonly columns: number;
  /** Aborted by Ctrl-C and by the service manager. */
  readonly signal: AbortSignal;
}

/** The options every command has. */
export interface CommonOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/** The home `--home` names, or this user's. */
export const homeFrom = (options: CommonOptions, io: Io): Home =>
  homeOf({ directory: options.home, env: io.env, uid: io.uid });

/** One line of JSON on standard output. */
export const writeJson = (io: Io, value: unknown): void => io.stdout(`${JSON.stringify(value)}\n`);
