import type { Logger } from 'pino';
import type { Source } from '../sources/source.ts';
import { type Judgement, judge } from './judge.ts';
import type { PassReport } from './report.ts';

/** How often a source whose logins may be changing something is looked at, at the most. */
export const passEveryMs = 10_000;
/** What changed more recently than this may still be on its way. */
export const settleMs = 10_000;
/** Without logins nothing changes, but the trash grows old. */
const idlePassEveryMs = 3_600_000;
/** How long after a login at the least a source counts as having one; until then /proc may not show it yet. */
const openForMs = 10_000;
/** A pass may take this share of the time: a tree that takes a minute to walk is walked every twenty. */
const pauseFactor = 19;

export interface GuardOptions {
  readonly pass: (source: Source, signal: AbortSignal) => Promise<PassReport>;
  /** Sources that have a login now. */
  readonly active: () => ReadonlySet<string>;
  /** Called when what is known about sources changed; `turned` are those that became read-only or writable again. */
  readonly onChange: (turned: ReadonlySet<string>) => void;
  readonly log: Logger;
}

interface Watched {
  source: Source;
  judgement: Judgement;
  /** Null while a pass runs. */
  nextAt: number | null;
  /** Something may have changed since the last pass began. */
  dirty: boolean;
  lastAt: number;
  /** Until then it counts as logged in; 0 when nobody is. */
  openUntil: number;
}

/**
 * Looks after the SFTP sources: sshd can not count what they store and would let them overwrite it, so passes do
 * (keep.ts), while a source has logins and once after. A source over its quota, or whose copies can not be made, is
 * read-only until a pass finds it well.
 */
export class SftpGuard {
  readonly #options: GuardOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #stopping = new AbortController();
  readonly #passes = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** The SFTP sources in force. What was found about one stays until its next pass, which follows at once. */
  watch(sources: readonly Source[]): void {
    const listed = new Map(sources.filter(({ access }) => access === 'sftp').map((source) => [source.name, source]));
    const names = new Set<string>(listed.keys());
    for (const name of this.#watched.keys()) if (!names.has(name)) this.#watched.delete(name);
    for (const [name, source] of listed) {
      const known = this.#watched.get(name);
      if (known === undefined) {
        this.#watched.set(name, {
          source,
          judgement: judge(source, null, null),
          nextAt: 0,
          dirty: true,
          lastAt: 0,
          openUntil: 0,
        });
        continue;
      }
      if (known.source !== source) known.dirty = true;
      known.source = source;
    }
    this.#timer ??= setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  /** Somebody has logged in as this account. */
  noteLogin(account: string): void {
    const watched = this.#watched.get(account);
    if (watched !== undefined) watched.openUntil = performance.now() + openForMs;
  }

  /** Those whose keys must not let them write. */
  get readOnly(): ReadonlySet<string> {
    const names = [...this.#watched].filter(([, { judgement }]) => judgement.readOnly !== null).map(([name]) => name);
    return new Set(names);
  }

  /** What `status` shows, by name. */
  get judgements(): Readonly<Record<string, Judgement>> {
    return Object.fromEntries([...this.#watched].map(([name, { judgement }]) => [name, judgement]));
  }

  /** Ends every pass. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#passes);
  }

  #tick(): void {
    if (this.#stopping.signal.aborted || this.#watched.size === 0) return;
    const now = performance.now();
    const anyOpen = [...this.#watched.values()].some(({ openUntil }) => openUntil > 0);
    const active = anyOpen ? this.#options.active() : new Set<string>();
    for (const [name, watched] of this.#watched) {
      if (watched.openUntil > 0) watched.dirty = true;
      if (active.has(name)) watched.openUntil = now + openForMs;
      else if (now > watched.openUntil) watched.openUntil = 0;
      if (watched.nextAt === null || now < watched.nextAt) continue;
      if (!watched.dirty && now < watched.lastAt + idlePassEveryMs) continue;
      const pass = this.#pass(watched).finally(() => this.#passes.delete(pass));
      this.#passes.add(pass);
    }
  }

  async #pass(watched: Watched): Promise<void> {
    const { source, judgement: before } = watched;
    const started = performance.now();
    watched.nextAt = null;
    watched.dirty = false;
    watched.lastAt = started;
    let report: PassReport | null = null;
    try {
      report = await this.#options.pass(source, this.#stopping.signal);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#options.log.error({ source: source.name, err: error }, 'an SFTP source could not be looked at');
    }
    const took = performance.now() - started;
    watched.nextAt = performance.now() + Math.max(passEveryMs, took * pauseFactor);
    // What had not settled has by then; a failure is tried again.
    if (report === null || report.unsettled > 0 || report.failed > 0) watched.dirty = true;
    watched.judgement = judge(source, report, before);
    const { readOnly } = watched.judgement;
    const turned = (readOnly === null) !== (before.readOnly === null);
    if (turned && readOnly !== null)
      this.#options.log.warn({ source: source.name, readOnly }, 'SFTP source is read-only now');
    else if (turned) this.#options.log.info({ source: source.name }, 'SFTP source may write again');
    this.#options.onChange(turned ? new Set([source.name]) : new Set());
  }
}
