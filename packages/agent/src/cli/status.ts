import { exitCode } from '@berth/common/problem.ts';
import { Command } from 'commander';
import { readStatus, type Status } from '../status/status.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { statusText } from './status-text.ts';

interface Options extends CommonOptions {
  readonly offline?: boolean;
}

/** `berth status`: is this machine safe, as far as it knows itself? */
export const statusCommand = (io: Io): Command =>
  new Command('status')
    .summary('how this machine is doing')
    .description(
      "Shows the last run and the last snapshot, when the next run is and what it will do besides, how the server sees this\nmachine and what it stores of it, and which reports it does not have. Times are by this machine's clock.\nExit code: 0 well; 1 the last run failed, there is no snapshot yet, it is older than the server allows (two days where it never said),\nor the server calls this machine overdue, failing or unreadable; 3 the last run left something out; 4 or 5 the server as always.",
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

/** What a health check goes by: 0 only where this machine has a snapshot that is new enough, as far as anyone knows. */
export const codeOf = ({
  last,
  lastSnapshot,
  isLate,
  server,
}: Pick<Status, 'last' | 'lastSnapshot' | 'isLate' | 'server'>): number => {
  if (server.kind === 'host-key-changed' || server.kind === 'key-refused' || server.kind === 'not-enrolled')
    return exitCode.untrusted;
  if (server.kind === 'unreachable' || server.kind === 'busy') return exitCode.unreachable;
  const state = server.kind === 'reachable' ? server.usage?.state : undefined;
  if (last === null || last.outcome === 'failed' || lastSnapshot === null || isLate) return exitCode.failed;
  if (state === 'overdue' || state === 'failing' || state === 'unreadable') return exitCode.failed;
  return last.outcome === 'incomplete' ? exitCode.incomplete : exitCode.ok;
};
