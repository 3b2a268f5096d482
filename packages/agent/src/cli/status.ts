import { exitCode } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import { Command } from 'commander';
import { readStatus, type ServerStatus, type Status } from '../status/status.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { moment, printable, size, span } from './words.ts';

interface Options extends CommonOptions {
  readonly offline?: boolean;
}

/** `berth status`: is this machine safe, as far as it knows itself? */
export const statusCommand = (io: Io): Command =>
  new Command('status')
    .summary('how this machine is doing')
    .description(
      'Shows the last run and the last snapshot, what the next run will do besides, and whether the server lets us in.\nExit code: 0 well, 1 the last run failed or none was made yet, 3 it left something out, 4 or 5 the server as always.',
    )
    .option('--offline', 'do not ask the server')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nExamples:\n  berth status\n  berth status --offline --json | jq .last.outcome')
    .action(async (options: Options) => {
      const home = homeFrom(options, io);
      const now = new Date();
      const status = await readStatus({ config: await configFrom(home), home, now, offline: options.offline === true });
      if (options.json) writeJson(io, status);
      else io.stdout(statusText(status, now));
      process.exitCode = codeOf(status);
    });

const statusText = (status: Status, now: Date): string =>
  [
    `${status.name} at ${status.destination}`,
    `  server         ${serverText(status.server)}`,
    ...(status.running === null ? [] : [`  running        a run is going on now (process ${status.running})`]),
    `  last run       ${runText(status.last, now)}`,
    ...problemLines(status.last),
    `  last snapshot  ${snapshotText(status.lastSnapshot, now)}`,
    `  next prune     ${dueText(status.due.prune, now)}`,
    `  next check     ${dueText(status.due.check, now)}`,
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

const codeOf = ({ last, server }: Status): number => {
  if (server.kind === 'host-key-changed' || server.kind === 'key-refused' || server.kind === 'not-enrolled')
    return exitCode.untrusted;
  if (server.kind === 'unreachable' || server.kind === 'busy') return exitCode.unreachable;
  if (last === null || last.outcome === 'failed') return exitCode.failed;
  return last.outcome === 'incomplete' ? exitCode.incomplete : exitCode.ok;
};
