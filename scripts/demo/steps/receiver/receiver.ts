/** A receiver that runs, whatever it runs in. Disposing ends it and waits for that; a second time does nothing. */
export interface Receiver extends AsyncDisposable {
  /** The server's own word for how it keeps sources apart. `rootless`: one UID for all. */
  readonly mode: 'private' | 'container' | 'rootless';
  /** What the server says of its jail: `landlock`, or `none, because …`. */
  readonly jail: string;
  /** Of its first process, as this machine counts. */
  readonly pid: number;
  readonly port: number;
  readonly hostKey: string;
  readonly configFile: string;
  readonly dataDir: string;
  /** The data directory as the receiver's own processes see it. */
  readonly dataInside: string;
  /** The words that run a command where those processes are: with their mounts, and with their accounts. */
  readonly inside: (command: readonly string[]) => readonly string[];
  /** Shows what of it is there after its end beside processes and files, and returns that. */
  readonly leftovers: () => Promise<readonly string[]>;
}

/** How sources are kept apart, for the table. */
export const isolation = {
  private: 'a UID per source',
  container: 'a UID per source',
  rootless: 'rootless: one UID for all',
} as const;
