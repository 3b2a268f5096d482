import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { formatDuration, isMillis } from '@berth/common/duration.ts';
import { isErrno } from '@berth/common/errno.ts';
import type { Logger } from 'pino';
import type { Raised, Word } from '../events/condition.ts';
import { exclusively } from '../events/exclusive.ts';
import { readJson, replaceJson, setBrokenAside } from '../events/json-file.ts';
import {
  type ClockJump,
  type ClockSample,
  type ClockState,
  clockState,
  judgeClock,
  trustFrom,
  trustNothing,
} from './clock-judge.ts';

const clockFile = (dataDir: string): string => join(dataDir, 'clock.json');

/** What the clocks say now. */
export const readClock = (): ClockSample => ({
  wallMs: Date.now(),
  // CLOCK_BOOTTIME: it goes on while the machine sleeps.
  bootTimeMs: uptime() * 1000,
  bootId: bootId(),
});

/** Where /proc is hidden, as systemd does for our unit, every start counts as one of the machine: that is the stricter rule. */
const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return ownId;
    throw error;
  }
};
const ownId = randomUUID();

/** Whether the server's clock may be believed: for a command that purges. Looks only. */
export const clockOf = (
  dataDir: string,
): {
  readonly trusted: boolean;
  readonly jump: ClockJump | null;
  readonly now: ClockSample;
  readonly settledAtMs: number | null;
} => {
  const now = readClock();
  const { jump, settledAtMs } = judgedNow(dataDir, now);
  return { trusted: jump === null, jump, now, settledAtMs };
};

/** What an admin says who has looked at the time: it is right. Purging goes on. */
export const trustClock = async (dataDir: string): Promise<void> =>
  exclusively(dataDir, () => {
    const now = readClock();
    replaceJson(clockFile(dataDir), { ...trustFrom(now), settledAtMs: now.wallMs });
  });

/** The words for people about a clock that has jumped, or null for one that is trusted. */
export const clockCondition = (jump: ClockJump | null, now: ClockSample): Word =>
  jump === null ? { resolve: 'clock-jump' } : { raise: jumped(jump, now) };

const jumped = ({ byMs, before }: ClockJump, now: ClockSample): Raised => ({
  code: 'clock-jump',
  source: null,
  subject: null,
  severity: 'warning',
  text: `${howFar(byMs)}${before === null ? '' : ` It was last known to be right at ${utc(before.wallMs)}, and says it is ${utc(now.wallMs).slice(0, 10)}.`} Nothing is purged until that is settled; backups and restores go on.`,
  remedy:
    'See what time the server believes it is: berth-server clock. If it is right: berth-server clock --confirm. If not, set the clock right.',
});

const howFar = (byMs: number | null): string => {
  if (byMs === null) return 'What the server knew about its clock is lost.';
  // Minutes, so that the words stay the same while the clock goes on.
  const minutes = Math.round(Math.abs(byMs) / 60_000) * 60_000;
  const span = isMillis(minutes) ? formatDuration(minutes) : '';
  return byMs > 0
    ? `The clock of the server jumped forward by ${span}, or the server was off for so long.`
    : `The clock of the server jumped back by ${span}.`;
};

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** As often as this it is written down when the clock was last right, so that a disk may sleep in between. */
const rememberEveryMs = 3_600_000;

/** Watches the clock for as long as the server runs. */
export class ClockGuard {
  readonly #dataDir: string;
  readonly #log: Logger;
  readonly #read: () => ClockSample;
  /** What could not be written, so that a full disk ends no freeze. */
  #unwritten: ClockState | null = null;
  #writtenAt: ClockSample | null = null;

  constructor(dataDir: string, log: Logger, read = readClock) {
    this.#dataDir = dataDir;
    this.#log = log;
    this.#read = read;
  }

  /** Compares the clocks, and answers with whether the wall clock is trusted now, and the condition that this is. */
  async look(): Promise<{ readonly trusted: boolean; readonly word: Word }> {
    const now = this.#read();
    const known = this.#unwritten ?? stateIn(this.#dataDir);
    const judged = this.#unwritten === null ? judgedNow(this.#dataDir, now) : judgeClock(known, now);
    const turned = (known?.jump ?? null) === null ? judged.jump !== null : judged.jump === null;
    const isOld = now.bootTimeMs - (this.#writtenAt?.bootTimeMs ?? Number.NEGATIVE_INFINITY) >= rememberEveryMs;
    if (turned || isOld || this.#unwritten !== null) await this.#remember(judged, now);
    return { trusted: judged.jump === null, word: clockCondition(judged.jump, now) };
  }

  /** Writes down when the clock was last right, for the next start. */
  async stop(): Promise<void> {
    const now = this.#read();
    await this.#remember(judgedNow(this.#dataDir, now), now);
  }

  async #remember(judged: ClockState, now: ClockSample): Promise<void> {
    try {
      await exclusively(this.#dataDir, () => {
        // An admin may have confirmed the clock a moment ago; what could not be written is the newer of the two.
        const latest = this.#unwritten === null ? takeJudged(this.#dataDir, now) : judged;
        replaceJson(clockFile(this.#dataDir), latest);
      });
      this.#unwritten = null;
      this.#writtenAt = now;
    } catch (error) {
      if (this.#unwritten === null) this.#log.error({ err: error }, 'the time could not be written down');
      this.#unwritten = judged;
    }
  }
}

const stateIn = (dataDir: string): ClockState | null => {
  const read = readJson(clockFile(dataDir), clockState);
  return read.kind === 'ok' ? read.value : null;
};

const judgedNow = (dataDir: string, now: ClockSample): ClockState => {
  const read = readJson(clockFile(dataDir), clockState);
  if (read.kind === 'broken') return trustNothing(now);
  return judgeClock(read.kind === 'ok' ? read.value : null, now);
};

/** For whoever is about to write: a broken file stays beside the new one, for a person to look at. */
const takeJudged = (dataDir: string, now: ClockSample): ClockState => {
  const judged = judgedNow(dataDir, now);
  if (readJson(clockFile(dataDir), clockState).kind === 'broken') setBrokenAside(clockFile(dataDir));
  return judged;
};
