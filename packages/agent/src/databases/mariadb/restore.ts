import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { lastWord, wordsOf } from '../collect.ts';
import type { DumpFacts, EngineWorld, Into } from '../engine.ts';
import type { MariadbEntry } from '../mariadb.ts';
import type { ToolEnd } from '../tool.ts';
import type { MariadbServer } from './ask.ts';
import { isRefusal } from './problems.ts';
import { asIdentifier, rewriteDump } from './rewrite.ts';
import { runClient } from './run.ts';
import { knowsSandbox } from './tools.ts';

interface Work {
  readonly entry: MariadbEntry;
  readonly server: MariadbServer;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly world: EngineWorld;
  readonly signal: AbortSignal;
}

/**
 * Lets the client run a dump. Over a live database, table by table: one of a name that the dump has is replaced, others stay, and what is done is
 * done. A new one that cannot be filled goes again.
 */
export const restoreDump = async (database: string | null, into: Into, work: Work): Promise<DumpFacts> => {
  const { server } = work;
  if (into.kind === 'live' || database === null) {
    const end = await feed(work, null);
    if (end.code !== 0)
      throw failed(end, database, 'What it had written by then stays: restore again, or another snapshot.');
    return { warnings: [] };
  }
  if (server.databases.includes(into.name)) {
    throw new Problem(
      'restore-refused',
      `There is a database ${printable(into.name, 100)} already.`,
      'Name one that is not there, or restore over it with --live.',
    );
  }
  const end = await feed(work, { from: database, to: into.name }).catch(async (error: unknown) => {
    await drop(into.name, work);
    throw error;
  });
  if (end.code === 0) return { warnings: [] };
  await drop(into.name, work);
  throw failed(end, database, 'The database that was begun was taken away again.');
};

/** --binary-mode: what stands in a text is text, also where it looks like a command of the client. https://mariadb.com/kb/en/mariadb-command-line-client/ */
const feed = (work: Work, rename: { readonly from: string; readonly to: string } | null): Promise<ToolEnd> => {
  const { entry, server, chunks, world, signal } = work;
  const argv = [
    server.tools.client,
    ...['--batch', '--binary-mode', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'],
  ] as const;
  const stdin = rewriteDump(chunks, { withoutSandbox: !knowsSandbox(server.tools), rename });
  return runClient(entry, argv, { stdin }, world, signal);
};

/** What was begun by us, and is no use to anyone. Also after an abort, so it has a time of its own. */
const drop = async (name: string, { entry, server, world }: Work): Promise<void> => {
  const argv = [server.tools.client, `--execute=DROP DATABASE IF EXISTS ${asIdentifier(name)}`] as const;
  await runClient(entry, argv, {}, world, AbortSignal.timeout(60_000)).catch(() => undefined);
};

const remedyFor = (end: ToolEnd, database: string | null): string => {
  if (!isRefusal(end)) return 'Mend what it names, then run the same command again.';
  return database === null
    ? 'Only root may give back what root has: write user: root into the entry for this. A database by its own name, NAME/DATABASE, comes back without the accounts.'
    : 'For a restore the user of the entry has to write: GRANT ALL ON *.* to it, or write user: root into the entry for this.';
};

const failed = (end: ToolEnd, database: string | null, state: string): Problem =>
  new Problem(
    'restore-failed',
    `The server did not take the dump: ${printable(lastWord(end, 'the client said nothing'), 300)}. ${state}`,
    remedyFor(end, database),
    { cause: wordsOf(end) },
  );
