import type { Place } from './place.ts';

/** One start of an engine's tool. */
export interface ToolCommand {
  /** Program and arguments. Every user of the machine may read them: never a secret, and no name that could be read as an option. */
  readonly argv: readonly [string, ...string[]];
  /** On top of PATH, HOME, LC_ALL=C.UTF-8; secrets stand here, or in files. Only this one process has it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input; nothing unless said. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Its standard output, piece by piece: the tool waits while this does. What it throws ends the tool and is thrown on. */
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /** Run as this user of the machine, or of the container. Needs root here. */
  readonly as?: string | null;
}

/** How a tool ended. `code` is null when a signal ended it. */
export interface ToolEnd {
  readonly code: number | null;
  /** The last 40 lines of its standard error, without control characters, each at most 500 characters. */
  readonly stderr: readonly string[];
}

/**
 * Runs a tool to its end, whatever its code. Aborting ends it (TERM, then KILL after 5 s) with all it started. Throws 'tool-missing',
 * 'needs-root', 'engine-away' (the container's engine), 'container-missing', 'cancelled'.
 */
export type RunTool = (place: Place, command: ToolCommand, signal: AbortSignal) => Promise<ToolEnd>;
