import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Layout } from '../accounts/layout.ts';
import type { Source } from '../sources/source.ts';
import { type Connection, connectionsOf, doorSessions, type Listener } from '../sshd/connections.ts';
import { endProcesses, snapshot } from '../sshd/processes.ts';

/**
 * A connection that is told to go has this long before it is made to; with {@link sweepDelaysMs} all are gone within
 * 5 s.
 */
const connectionGraceMs = 1500;
/**
 * When connections are looked at after a change. Twice, because one that had proved an old key just before the change
 * may become visible just after the first look.
 */
const sweepDelaysMs = [0, 1000];

export interface LiveConnectionsOptions {
  readonly layout: Layout;
  readonly mountNamespace: string;
  /** sshd's listener; null while it is down. */
  readonly listener: () => number | null;
  /** The sources in force. */
  readonly sources: () => readonly Source[];
  readonly log: Logger;
}

/** The connections of the receiver's sshd, and their end. */
export class LiveConnections {
  readonly #options: LiveConnectionsOptions;
  readonly #sweeps = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: LiveConnectionsOptions) {
    this.#options = options;
  }

  /** Those that live now, below this listener: the running one unless another is named. */
  list(listenerPid = this.#options.listener() ?? -1): readonly Connection[] {
    return connectionsOf(snapshot(), this.#listenerOf(listenerPid), this.#options.sources());
  }

  /** The sources that have one now, or a session through a door of ours. */
  active(): ReadonlySet<string> {
    return new Set([
      ...this.list().map(({ source }) => source ?? ''),
      ...doorSessions(snapshot(), process.pid).map(({ source }) => source),
    ]);
  }

  /**
   * Ends those connections that `choose` chooses, now and a moment later, without holding up the next change. Knows the
   * sources in force when it looks, a later change's among them, and those that were `before`.
   */
  sweep(
    why: string,
    choose: (connections: readonly Connection[]) => readonly Connection[],
    before: readonly Source[] = [],
  ): void {
    for (const delayMs of sweepDelaysMs) {
      const waited = sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      const sweep = waited.then(() => {
        const pid = this.#options.listener();
        if (pid === null || this.#stopping.signal.aborted) return;
        const sources = [...before, ...this.#options.sources()];
        return this.end(choose(connectionsOf(snapshot(), this.#listenerOf(pid), sources)), why);
      });
      this.#sweeps.add(sweep);
      void sweep.finally(() => this.#sweeps.delete(sweep));
    }
  }

  /** Ends these, and resolves when they have ended. */
  async end(connections: readonly Connection[], why: string): Promise<void> {
    const { log } = this.#options;
    if (connections.length === 0) return;
    for (const { pid, source, key } of connections) log.info({ pid, source, key, why }, 'connection ended');
    const left = await endProcesses(
      connections.flatMap(({ processes }) => processes),
      connectionGraceMs,
    );
    if (left > 0) log.error({ left }, 'processes survive SIGKILL; a disk that does not answer can hold them');
  }

  /** No sweep begins any more; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#sweeps);
  }

  #listenerOf(pid: number): Listener {
    const { layout, mountNamespace } = this.#options;
    return { pid, rootless: layout.mode === 'rootless', mountNamespace, supervisor: process.pid };
  }
}
