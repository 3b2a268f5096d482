import { isDeepStrictEqual } from 'node:util';
import { Problem } from '@berth/common/problem.ts';
import { keyOf } from '../events/condition.ts';
import type { ServedPage } from '../page/serve.ts';
import type { MonitorWord } from './link.ts';
import type { MonitorSettings, PageSettings } from './settings.ts';

const about = { code: 'page-down', source: null, subject: null } as const;
/** A port that another program has may be free a little later. */
const againMs = 30_000;

export interface PagingOptions {
  /** page/serve.ts, with what it shows. */
  readonly serve: (settings: PageSettings) => Promise<ServedPage>;
  /** Takes what is so of the page. */
  readonly tell: (words: readonly MonitorWord[]) => void;
  /** Milliseconds from anywhere. */
  readonly steadyMs: () => number;
}

/** Keeps the page where the settings say that it is. One that can not be is the condition `page-down`, and is tried again. */
export class Paging {
  readonly #options: PagingOptions;
  #wanted: PageSettings | null = null;
  #served: { readonly page: ServedPage; readonly settings: PageSettings } | null = null;
  #broken: MonitorSettings['broken'][number] | null = null;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #queue: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: PagingOptions) {
    this.#options = options;
  }

  /** Where it is; null where it is not. */
  get url(): string | null {
    return this.#served?.page.url ?? null;
  }

  /** Takes new settings; resolves once the page is where they say, or can not be. Never rejects. */
  apply({ page, broken }: Pick<MonitorSettings, 'page' | 'broken'>): Promise<void> {
    this.#wanted = page;
    this.#broken = broken.find(({ kind }) => kind === 'page') ?? null;
    return this.#turn();
  }

  /** Tries again what failed, now and then. */
  tick(): void {
    const isMissing = this.#wanted !== null && this.#served === null;
    if (isMissing && this.#options.steadyMs() >= this.#failedAtMs + againMs) void this.#turn();
  }

  /** Ends it, and every connection to it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#queue;
    await this.#close();
  }

  #turn(): Promise<void> {
    this.#queue = this.#queue.then(() => this.#become());
    return this.#queue;
  }

  async #become(): Promise<void> {
    if (this.#isStopped) return;
    const wanted = this.#wanted;
    const { serve, tell } = this.#options;
    if (this.#served !== null && isDeepStrictEqual(this.#served.settings, wanted)) return;
    try {
      await this.#close();
      if (wanted !== null) this.#served = { page: await serve(wanted), settings: wanted };
      tell([this.#broken === null ? { resolve: keyOf(about) } : isDown(this.#broken.text, this.#broken.remedy)]);
    } catch (error) {
      this.#failedAtMs = this.#options.steadyMs();
      const why = error instanceof Error ? error.message : String(error);
      const remedy =
        error instanceof Problem ? error.remedy : 'See the log of the server, the lines with "component":"monitor".';
      tell([isDown(why, remedy)]);
    }
  }

  async #close(): Promise<void> {
    const served = this.#served;
    this.#served = null;
    await served?.page.close();
  }
}

const isDown = (text: string, remedy: string): MonitorWord => ({
  raise: { ...about, severity: 'warning', text: text.slice(0, 2000), remedy: remedy.slice(0, 2000) },
});
