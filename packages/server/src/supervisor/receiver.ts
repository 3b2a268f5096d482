import { dirname, join } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import type { ReadFile } from '@berth/common/yaml/read-file.ts';
import type { Logger } from 'pino';
import { applyAccounts, findingsOnHost, writeKeys } from '../accounts/apply.ts';
import type { Layout } from '../accounts/layout.ts';
import type { Jail } from '../session/jail.ts';
import { type GuardOptions, SftpGuard } from '../sftp/guard.ts';
import type { Judgement } from '../sftp/judge.ts';
import { parseSources } from '../sources/load.ts';
import type { ServerConfig, Source } from '../sources/source.ts';
import { unfinishedFindings } from '../sources/unfinished.ts';
import { type Connection, connectionsToEnd } from '../sshd/connections.ts';
import { SshdDaemon } from '../sshd/daemon.ts';
import type { HostKey } from '../sshd/host-key.ts';
import { LiveConnections } from './live-connections.ts';
import { writeSshdConfig } from './sshd-config.ts';
import { type ServerState, writeApplied, writeState } from './state.ts';

export interface ReceiverOptions {
  readonly layout: Layout;
  readonly configFile: string;
  readonly hostKey: HostKey;
  /** The fingerprint that machines know this server by. */
  readonly knownHostKey: string;
  readonly address: string | null;
  readonly port: number;
  /** Our mount namespace in private mode, otherwise empty. */
  readonly mountNamespace: string;
  /** What holds the sessions: for `status`. */
  readonly jail: Jail;
  /** Looks at the files of an SFTP source, as that source. */
  readonly pass: GuardOptions['pass'];
  /** Called with what is in force from now on. */
  readonly onApplied: (config: ServerConfig) => void;
  /** Called with why the latest sources.yaml is not in force; with nothing once one is. */
  readonly onRefused: (findings: readonly { readonly message: string; readonly remedy: string }[]) => void;
  /** Called with what is known of an SFTP source, after each look at its files. */
  readonly onJudged: (source: string, judgement: Judgement) => void;
  readonly log: Logger;
}

/** What a sources.yaml holds, and the same understood. */
export interface Candidate {
  readonly content: Uint8Array;
  readonly config: ServerConfig;
}

/**
 * How often a configuration is tried again that the host, not the file, stands in the way of: the admin may be re-
 * owning data now.
 */
const retryHostMs = 2000;

/**
 * The running receiver: sshd, and whatever sources.yaml says, in force. One change is applied after another; a
 * configuration that can not be applied changes nothing at all, and the last good one stays.
 */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #daemon: SshdDaemon;
  readonly #log: Logger;
  readonly #guard: SftpGuard;
  readonly #connections: LiveConnections;
  readonly #configFile: string;
  #state: ServerState;
  #current: readonly Source[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  readonly #stopping = new AbortController();

  constructor(options: ReceiverOptions) {
    const { layout, configFile, hostKey, address, port, mountNamespace, jail, log } = options;
    this.#options = options;
    this.#log = log;
    this.#configFile = join(layout.runtimeDir, 'sshd_config');
    this.#state = {
      version: 1,
      pid: process.pid,
      sshdPid: null,
      coordinatorPid: null,
      monitorPid: null,
      page: null,
      mode: layout.mode,
      mountNamespace,
      jail,
      address,
      port,
      hostKey: { publicKey: hostKey.publicKey, fingerprint: hostKey.fingerprint },
      knownHostKey: options.knownHostKey,
      config: configFile,
      startedAt: new Date().toISOString(),
      stoppedAt: null,
      appliedAt: null,
      sftp: {},
      refused: null,
    };
    this.#connections = new LiveConnections({
      layout,
      mountNamespace,
      listener: () => this.#daemon.pid,
      sources: () => this.#current,
      log,
    });
    this.#guard = new SftpGuard({
      pass: options.pass,
      active: () => this.active(),
      onChange: (turned) => void this.#judged(turned),
      log,
    });
    this.#daemon = new SshdDaemon(
      this.#configFile,
      log.child({ component: 'sshd' }),
      (pid) => this.#remember({ sshdPid: pid }),
      (account) => this.#guard.noteLogin(account),
    );
  }

  /**
   * Applies the first configuration and starts sshd. Throws a Problem and leaves no process behind when either fails.
   */
  async start(candidate: Candidate): Promise<void> {
    const findings = findingsOnHost(
      { ...this.#options.layout, configDir: dirname(this.#options.configFile) },
      candidate.config.sources,
    );
    const [first] = findings;
    if (first !== undefined) {
      const text = (part: 'message' | 'remedy'): string => findings.map((finding) => finding[part]).join('\n');
      throw new Problem(first.code, text('message'), text('remedy'));
    }
    await this.#apply(candidate, performance.now());
    await writeSshdConfig(this.#configFile, this.#options);
    try {
      await this.#daemon.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /**
   * Puts what the file holds now in force, or remembers why not. Never throws: the server goes on with what it has.
   */
  consider(read: ReadFile): Promise<void> {
    const turn = this.#queue.then(() => this.#consider(read));
    this.#queue = turn;
    return turn;
  }

  /** Sources that are connected now. */
  active(): ReadonlySet<string> {
    return this.#connections.active();
  }

  /** What is in force and what runs, as it is recorded. */
  get state(): ServerState {
    return this.#state;
  }

  /** A child has started with this pid, or ended; the page is here now: for `status`. */
  note(change: Partial<Pick<ServerState, 'coordinatorPid' | 'monitorPid' | 'page'>>): void {
    this.#remember(change);
  }

  /** Ends sshd and every connection. Nothing of the receiver runs afterwards. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const swept = this.#connections.stop();
    clearTimeout(this.#retry);
    await this.#guard.stop();
    await this.#queue;
    let live: readonly Connection[] = [];
    await this.#daemon.stop((pid) => {
      live = this.#connections.list(pid);
    });
    if (live.length === 0) live = this.#connections.list(-1);
    await this.#connections.end(live, 'the server stops');
    await swept;
    this.#remember({ stoppedAt: new Date().toISOString(), sshdPid: null });
  }

  async #consider(read: ReadFile): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#retry);
    const started = performance.now();
    const { configFile: file, layout } = this.#options;
    try {
      if (!read.ok) return this.#refuse([read.problem]);
      const { content } = read;
      const parsed = parseSources({ file, content });
      if (parsed.kind === 'invalid') {
        const inFile = parsed.findings.map((finding) => ({
          message: `${finding.file}:${finding.line}:${finding.column}: ${finding.message}`,
          remedy: finding.remedy,
        }));
        return this.#refuse(inFile);
      }
      const unfinished = unfinishedFindings(file, this.#current, parsed.config);
      if (unfinished.length > 0) return this.#refuse(unfinished);
      const onHost = findingsOnHost({ ...layout, configDir: dirname(file) }, parsed.config.sources);
      if (onHost.length > 0) {
        this.#refuse(onHost);
        this.#retryLater(read);
        return;
      }
      await this.#apply({ content, config: parsed.config }, started);
    } catch (error) {
      // A full disk, most likely: what is taken away is gone already, and the rest follows when there is room.
      if (!(error instanceof Error)) throw error;
      const remedy = error instanceof Problem ? error.remedy : 'Make room, or repair the disk; it is tried again.';
      this.#refuse([{ message: error.message, remedy }]);
      this.#retryLater(read);
    }
  }

  #retryLater(read: ReadFile): void {
    this.#retry = setTimeout(() => void this.consider(read), retryHostMs);
  }

  async #apply({ config, content }: Candidate, started: number): Promise<void> {
    const { layout } = this.#options;
    const previous = this.#current;
    this.#current = config.sources;
    try {
      await applyAccounts(layout, config.sources, this.#guard.readOnly);
      this.#guard.watch(config.sources);
      this.#options.onApplied(config);
    } finally {
      // Even when the new sources could not be made, the old ones have lost their right.
      this.#sweepFor(previous);
    }
    this.#record(() => writeApplied(layout.dataDir, content));
    this.#remember({ appliedAt: new Date().toISOString(), refused: null });
    this.#options.onRefused([]);
    const tookMs = Math.round(performance.now() - started);
    this.#log.info({ sources: config.sources.length, tookMs }, 'sources.yaml is in force');
  }

  /** An SFTP source that has become read-only, or writable again, meets that with its next login, which is now. */
  #judged(turned: ReadonlySet<string>): Promise<void> {
    const turn = this.#queue.then(async () => {
      const { judgements } = this.#guard;
      this.#remember({ sftp: judgements });
      for (const [source, judgement] of Object.entries(judgements)) this.#options.onJudged(source, judgement);
      if (turned.size === 0 || this.#stopping.signal.aborted) return;
      this.#record(() => writeKeys(this.#options.layout, this.#current, this.#guard.readOnly));
      this.#connections.sweep('what it may do has changed', (connections) =>
        connections.filter(({ source, authenticated }) => authenticated && source !== null && turned.has(source)),
      );
    });
    this.#queue = turn;
    return turn;
  }

  /** Ends what the change took the right from. */
  #sweepFor(previous: readonly Source[]): void {
    // A later change may have given a key back meanwhile; what is in force when it is looked at decides.
    const choose = (connections: readonly Connection[]) => connectionsToEnd(connections, previous, this.#current);
    this.#connections.sweep('it has lost its right', choose, previous);
  }

  #refuse(reasons: readonly { readonly message: string; readonly remedy: string }[]): void {
    const findings = reasons.map(({ message, remedy }) => ({ message, remedy }));
    if (JSON.stringify(findings) === JSON.stringify(this.#state.refused?.findings)) return;
    for (const finding of findings)
      this.#log.error(finding, 'sources.yaml is refused; the last good one stays in force');
    this.#remember({ refused: { at: new Date().toISOString(), findings } });
    this.#options.onRefused(findings);
  }

  #remember(change: Partial<ServerState>): void {
    this.#state = { ...this.#state, ...change };
    this.#record(() => writeState(this.#options.layout.dataDir, this.#state));
  }

  /** What only `status` and `check` read must not take the server down when the disk is full. */
  #record(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log.error({ err: error }, 'the state of the server, or of an SFTP source, could not be recorded');
    }
  }
}
