import { open } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type { Moment } from '@berth/common/moment.ts';
import { Problem } from '@berth/common/problem.ts';
import { parseKeepArguments } from '../sftp/arguments.ts';
import { keepPass } from '../sftp/keep.ts';
import { nodeDisk } from '../store/disk.ts';
import { openStore } from '../store/open.ts';
import { openView } from '../store/past/view.ts';
import { isProcessAlive } from '../store/sessions.ts';
import { parseSessionArguments, type SessionArguments } from './arguments.ts';
import { control } from './control.ts';
import { receive } from './receive.ts';
import { parseRequest, refusal } from './request.ts';
import { stdioConnection } from './stdio.ts';
import { viewRemarks } from './view-remarks.ts';

/** sysexits.h: a service that is needed is not there. The agent knows it as "no coordinator". */
const unavailable = 69;
const refused = 2;
/** sysexits.h, EX_TEMPFAIL: the admin works on this source, and a later try will do. */
const tryLater = 75;

const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Standard input and output, until a signal asks us to end. */
const connectionUntilSignal = (): Duplex => {
  const connection = stdioConnection();
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, () => connection.destroy());
  return connection;
};

const runReceive = async ({ directory, quotaBytes, floorBytes }: SessionArguments): Promise<number> => {
  const connection = connectionUntilSignal();
  const now = () => new Date();
  await using store = await openStore({
    directory,
    disk: nodeDisk,
    now,
    pid: process.pid,
    isAlive: isProcessAlive,
    quotaBytes,
    floorBytes,
  });
  await receive(connection, store, complain);
  return 0;
};

const runReceiveAsOf = async ({ directory }: SessionArguments, moment: Moment): Promise<number> => {
  const connection = connectionUntilSignal();
  const view = await openView({ disk: nodeDisk, directory, moment });
  for (const line of viewRemarks(view)) complain(line);
  await receive(connection, view, complain);
  return 0;
};

const runControl = async ({ controlSocket }: SessionArguments): Promise<number> => {
  if ((await control(stdioConnection(), controlSocket)) === 'done') return 0;
  complain('berth: the coordinator is not running; backups work without it');
  return unavailable;
};

/** What opening a file comes to: `open`, or the name of the error. */
const tryOpen = async (path: string): Promise<string> => {
  try {
    await using _file = await open(path);
    return 'open';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
};

/**
 * Behind the forced command. Three words are for the supervisor: `--version` proves that it starts, `try-open` that its
 * jail holds, `keep` looks after an SFTP source's files.
 */
const main = async (words: readonly string[]): Promise<number> => {
  if (words[0] === '--version') {
    process.stdout.write(`berth session, node ${process.version}\n`);
    return 0;
  }
  if (words[0] === 'try-open') {
    process.stdout.write(await tryOpen(words[1] ?? ''));
    return 0;
  }
  if (words[0] === 'keep') {
    process.stdout.write(
      `${JSON.stringify(await keepPass({ ...parseKeepArguments(words.slice(1)), now: new Date() }))}\n`,
    );
    return 0;
  }
  const args = parseSessionArguments(words);
  const request = parseRequest(process.env['SSH_ORIGINAL_COMMAND']);
  switch (request?.service) {
    case 'receive':
      return request.asOf === null ? runReceive(args) : runReceiveAsOf(args, request.asOf);
    case 'control':
      return runControl(args);
    case undefined:
      complain(refusal(args.source));
      return refused;
  }
};

process.umask(0o077);
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (!(error instanceof Problem) || error.code !== 'source-busy') throw error;
  complain(`berth: ${error.message} ${error.remedy}`);
  return tryLater;
});
// Standard input may still be open at the other end; the session is over all the same.
process.exit();
