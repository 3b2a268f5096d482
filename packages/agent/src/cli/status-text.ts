import type { Usage } from '@berth/common/control/usage.ts';
import type { Report } from '@berth/common/report.ts';
import { skipWords } from '../power/decide.ts';
import type { OutboxState } from '../run/outbox-state.ts';
import type { ServerStatus, Status } from '../status/status.ts';
import { moment, printable, size, span } from './words.ts';

/** A status for people, with its newline. */
export const statusText = (status: Status, now: Date): string =>
  [
    `${status.name} at ${status.destination}`,
    `  server         ${serverText(status.server)}`,
    ...seenText(status, now),
    ...(status.running === null ? [] : [`  running        a run is going on now (process ${status.running})`]),
    `  last run       ${runText(status.last, now)}`,
    ...problemLines(status.last),
    `  last snapshot  ${snapshotText(status.lastSnapshot, now)}${status.isLate ? ', TOO LONG AGO' : ''}`,
    `  next run       ${nextText(status, now)}`,
    ...waitingText(status),
    `  next prune     ${dueText(status.due.prune, now)}`,
    `  next check     ${dueText(status.due.check, now)}`,
    ...storedText(status.server),
    ...reportsText(status.outbox, now),
    '',
  ].join('\n');

const serverText = (server: ServerStatus): string => {
  if (server.kind === 'not-asked') return 'not asked';
  return server.kind === 'reachable' ? 'lets us in' : `NOT WELL: ${printable(server.detail)}`;
};

const ago = (time: string, now: Date): string =>
  `${moment(time)}, ${span(now.getTime() - new Date(time).getTime())} ago`;

const runText = (last: Report | null, now: Date): string => {
  if (last === null) return 'none yet: run "berth backup"';
  const words = { ok: 'ok', incomplete: 'INCOMPLETE', failed: 'FAILED', cancelled: 'stopped', busy: 'busy' }[
    last.outcome
  ];
  const lasted = span(new Date(last.endedAt).getTime() - new Date(last.startedAt).getTime());
  return `${words}, ${ago(last.endedAt, now)}, took ${lasted}`;
};

const problemLines = (last: Report | null): readonly string[] =>
  [last?.message, last?.remedy, ...(last?.warnings ?? []).slice(0, 5)].flatMap((text) =>
    text === null || text === undefined ? [] : [`                 ${printable(text)}`],
  );

const snapshotText = (report: Report | null, now: Date): string => {
  if (report === null || report.snapshot === null) return 'none yet';
  const added = report.steps.findLast(({ name }) => name === 'backup')?.numbers['bytesAdded'];
  return `${report.snapshot.slice(0, 8)}, ${ago(report.endedAt, now)}${added === undefined ? '' : `, ${size(added)} new`}`;
};

const dueText = (time: string, now: Date): string =>
  new Date(time).getTime() <= now.getTime() ? 'with the next run' : `from ${moment(time)}`;

const usageOf = (server: ServerStatus): Usage | null => (server.kind === 'reachable' ? server.usage : null);

/** How the server sees this machine, worst words loudest. */
const seenText = ({ server, overdueAt }: Status, now: Date): readonly string[] => {
  const usage = usageOf(server);
  if (usage === null) return [];
  const state = usage.state === 'fine' ? usage.state : usage.state.toUpperCase();
  const why = usage.words === null ? '' : `: ${printable(usage.words)}`;
  const late = overdueAt === null || new Date(overdueAt) <= now ? '' : `; overdue after ${moment(overdueAt)}`;
  return [`  seen there as  ${state}${why}${late}`];
};

const nextText = ({ nextSlotAt, server }: Status, now: Date): string => {
  if (nextSlotAt === null) return usageOf(server) === null ? 'the server has not said yet' : 'none is planned';
  return new Date(nextSlotAt) <= now ? `due since ${moment(nextSlotAt)}` : moment(nextSlotAt);
};

const waitingText = ({ waitingFor }: Status): readonly string[] =>
  waitingFor === null ? [] : [`                 ${skipWords(waitingFor.reason, moment(waitingFor.until))}`];

const storedText = (server: ServerStatus): readonly string[] => {
  const usage = usageOf(server);
  if (usage === null || usage.stored === null) return [];
  const { live, trash, snapshots, at } = usage.stored;
  const quota = usage.quotaBytes === null ? 'no quota' : `quota ${size(usage.quotaBytes)}`;
  const amounts = `${size(live.bytes)} in ${snapshots} snapshot${snapshots === 1 ? '' : 's'}, ${size(trash.bytes)} in the trash`;
  return [`  stored there   ${amounts}; ${quota} (as of ${moment(at)})`];
};

/** Nothing where the server has all of them. */
const reportsText = ({ waiting, oldestAt, refused, lastRefusal }: OutboxState, now: Date): readonly string[] => {
  const since = oldestAt === null ? '' : `, the oldest of ${ago(oldestAt, now)}`;
  const why = lastRefusal === null ? '' : ` (the last: ${printable(lastRefusal.message)})`;
  return [
    ...(waiting === 0 ? [] : [`  reports        ${waiting} wait for the server${since}`]),
    ...(refused === 0 ? [] : [`  reports        ${refused} NOT TAKEN by the server, see state/refused${why}`]),
  ];
};
