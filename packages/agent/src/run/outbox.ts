import { join } from 'node:path';
import { parseJson } from '@berth/common/parse-json.ts';
import { type Report, reportSchema } from '@berth/common/report.ts';
import type { Home } from '../config/home.ts';
import type { Coordinator } from '../server/coordinator.ts';
import { forOlderServer } from './older-server.ts';
import { type OutboxDisk, realDisk } from './outbox-disk.ts';

/** More than a year of daily runs that no server took. */
export const mostWaiting = 1_000;
const mostRefused = 200;

/** Why a report was not taken, beside it in state/refused. */
export interface Refused {
  readonly at: string;
  readonly code: string;
  readonly message: string;
  readonly report: unknown;
}

/** What handing in came to. */
export interface Handed {
  readonly delivered: number;
  /** Reports that the server said it will never take, or that can not be read any more; they are in state/refused now. */
  readonly refused: number;
  readonly waiting: number;
  /** Why those still wait; null when none does. */
  readonly detail: string | null;
}

/** Why reports wait where the server has no one to take them. */
export const withoutCoordinator = 'the server runs no coordinator';

type Places = Pick<Home, 'outbox' | 'refused'>;

/** `0000000012-<run>.json`: sorts in the order of the runs, and two writers at once do not meet. */
const nameForm = /^(\d{10})-[0-9a-f-]{36}\.json$/;

/** The reports the server does not have yet, oldest first. Rejects with the system's error. */
export const waitingNames = async ({ outbox }: Places, disk: OutboxDisk = realDisk): Promise<readonly string[]> =>
  (await disk.list(outbox)).filter((name) => nameForm.test(name)).toSorted();

/**
 * Puts a report on disk until the server has it: after this, however the machine ends, it is handed in or in state/refused. Dry runs, and
 * those that found another going on, are nobody's business. Beyond 1,000 the oldest is set aside as refused. Rejects with the system's
 * error.
 */
export const putReport = async (places: Places, report: Report, disk: OutboxDisk = realDisk): Promise<void> => {
  if (report.dryRun || report.outcome === 'busy') return;
  const names = await waitingNames(places, disk);
  const next = Number(names.at(-1)?.slice(0, 10) ?? 0) + 1;
  const name = `${String(next).padStart(10, '0')}-${report.run}.json`;
  await disk.write(join(places.outbox, name), `${JSON.stringify(report)}\n`);
  for (const old of names.slice(0, Math.max(0, names.length + 1 - mostWaiting))) {
    const message = `More than ${mostWaiting} reports waited for the server.`;
    const content = parseJson((await disk.read(join(places.outbox, old))) ?? '');
    await setAside(places, old, { code: 'outbox-full', message, report: content }, new Date(report.endedAt), disk);
  }
};

/**
 * Hands in what waits, oldest first, each only after the one before it was answered. A report leaves the disk when the server has it: it
 * knows a run that it has met, so one that is sent twice is kept once. Stops at the first that got no answer, or when `signal` aborts.
 * Never rejects.
 */
export const handIn = async (args: {
  readonly places: Places;
  readonly coordinator: Pick<Coordinator, 'deliver'>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** For one report. */
  readonly deadlineMs?: number;
  readonly disk?: OutboxDisk;
}): Promise<Handed> => {
  const { places, disk = realDisk } = args;
  let delivered = 0;
  let refused = 0;
  let waiting: readonly string[] = [];
  const end = (detail: string | null): Handed => ({ delivered, refused, waiting: waiting.length, detail });
  try {
    waiting = await waitingNames(places, disk);
    for (const name of waiting) {
      if (args.signal.aborted) return end('there was no time for more');
      const answer = await handInOne({ ...args, disk }, name);
      if (typeof answer === 'string') return end(answer);
      delivered += answer.taken ? 1 : 0;
      refused += answer.taken ? 0 : 1;
      waiting = waiting.slice(1);
    }
    return end(null);
  } catch (error) {
    return end(error instanceof Error ? error.message : String(error));
  }
};

/** Says why it has to wait, or whether it was taken. */
const handInOne = async (
  args: Parameters<typeof handIn>[0] & { readonly disk: OutboxDisk },
  name: string,
): Promise<string | { readonly taken: boolean }> => {
  const { places, coordinator, now, disk, deadlineMs = 60_000 } = args;
  const file = join(places.outbox, name);
  const text = await disk.read(file);
  // Another process of this home handed it in meanwhile.
  if (text === null) return { taken: true };
  const { success, data: report } = reportSchema.safeParse(parseJson(text));
  if (!success) {
    const message = 'The file can not be read as a report.';
    await setAside(places, name, { code: 'unreadable', message, report: text.slice(0, 100_000) }, now(), disk);
    return { taken: false };
  }
  const deliver = (said: Report) =>
    coordinator.deliver(report.run, { sentAt: now().toISOString(), report: said }, deadlineMs);
  let answer = await deliver(report);
  const plain = answer.kind === 'refused' && answer.status === 400 ? forOlderServer(report) : null;
  if (plain !== null) answer = await deliver(plain);
  if (answer.kind === 'ok') {
    await disk.remove(file);
    return { taken: true };
  }
  if (answer.kind === 'refused' && (answer.status === 400 || answer.status === 413)) {
    await setAside(places, name, { code: answer.code, message: answer.message, report }, now(), disk);
    return { taken: false };
  }
  if (answer.kind === 'no-coordinator') return withoutCoordinator;
  return answer.kind === 'failed' ? answer.detail : answer.message;
};

/** First it is there, then it is gone here: a cut between the two does it again. */
const setAside = async (
  { outbox, refused }: Places,
  name: string,
  why: Omit<Refused, 'at'>,
  now: Date,
  disk: OutboxDisk,
): Promise<void> => {
  const aside: Refused = { at: now.toISOString(), ...why };
  const before = (await disk.list(refused)).filter((other) => other.endsWith('.json')).toSorted();
  // Its number alone begins anew with every empty outbox. One that a cut left in both folders is the same one.
  const kept = before.find((other) => other.endsWith(name)) ?? `${aside.at.replace(/[-:.]/g, '')}-${name}`;
  await disk.write(join(refused, kept), `${JSON.stringify(aside)}\n`);
  await disk.remove(join(outbox, name));
  for (const old of before.slice(0, Math.max(0, before.length + 1 - mostRefused)))
    await disk.remove(join(refused, old));
};
