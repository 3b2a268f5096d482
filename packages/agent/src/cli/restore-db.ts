import { exitCode } from '@berth/common/problem.ts';
import { Command } from 'commander';
import { dumpName, type StoredDump } from '../databases/stored.ts';
import { terminalConversation } from '../enroll/conversation.ts';
import { planText } from '../restore-db/confirm.ts';
import { type RestoreEvent, restoreDb, type Way } from '../restore-db/restore-db.ts';
import { asOfFrom, asOfOption, showRemark } from './as-of.ts';
import { configFrom } from './config.ts';
import { type CommonOptions, homeFrom, type Io, writeJson } from './io.ts';
import { usageProblem } from './problems.ts';
import { moment, printable, size, span } from './words.ts';

interface Options extends CommonOptions {
  readonly snapshot: string;
  readonly asOf?: string;
  readonly into?: string;
  readonly toFile?: string;
  readonly live?: boolean;
  readonly yes?: boolean;
  readonly safety: boolean;
}

/** `berth restore-db`: bring a database back. */
export const restoreDbCommand = (io: Io): Command =>
  new Command('restore-db')
    .summary('bring a database back')
    .description(
      "Brings a dump back: into a database of another name beside the live one (--into), to a file for the engine's own tools (--to-file), or over the live database (--live). Every dump is read to its end and checked before anything is touched. Without /DATABASE it is all of the entry, roles and the like first. Restored SQL runs as whoever restores.",
    )
    .argument('<name>', 'NAME or NAME/DATABASE, as "berth databases" shows them')
    .option('--snapshot <id>', 'an ID from "berth snapshots --tag db", or latest', 'latest')
    .option(...asOfOption)
    .option('--into <new>', 'restore as a database called NEW, which must not be there yet (SQLite: a file)')
    .option('--to-file <path>', 'write the dump itself to PATH, which must not be there yet')
    .option('--live', 'replace the live database; asks for its name first')
    .option('--yes', 'with --live: do not ask')
    .option('--no-safety', 'with --live: do not dump first what is there now')
    .option('--home <dir>', 'the home DIR that "berth enroll --home" made')
    .option('--json', 'events as JSON lines on standard output')
    .addHelpText(
      'after',
      `
Examples:
  berth restore-db postgres/shop --into shop-check
  berth restore-db postgres/shop --to-file /tmp/shop.dump --as-of 2026-11-14
  berth restore-db postgres/shop --live
  berth restore-db postgres --live --yes --no-safety      the whole server is new`,
    )
    .action(async (name: string, options: Options) => {
      const way = wayFrom(name, options);
      const snapshot = snapshotFrom(options.snapshot);
      if (!/^[a-z0-9][a-z0-9-]{0,39}(?:\/.+)?$/su.test(name)) {
        throw usageProblem(
          `${JSON.stringify(name)} is no entry's name.`,
          'Write NAME or NAME/DATABASE; see: berth databases',
        );
      }
      const home = homeFrom(options, io);
      const asOf = asOfFrom(options.asOf, io);
      const config = await configFrom(home);
      const conversation = terminalConversation(io.signal);
      const show = options.json === true ? jsonOf(io) : wordsOf(io, name, conversation.progress);
      await restoreDb({
        ...{ config, home, name, snapshot, asOf, way, conversation, env: io.env, signal: io.signal },
        planOf: (dumps) =>
          planText(dumps, {
            server: name.split('/')[0] ?? name,
            safety: options.safety,
            words: (dump) =>
              `${printable(dump.database ?? dump.file)}  by its dump of ${dumpAge(dump)}${madeBy(dump, config.name)}`,
          }),
        onEvent: show,
        onRemark: showRemark(io),
      });
    });

const wayFrom = (name: string, options: Options): Way => {
  const { into, toFile, live = false, yes = false, safety } = options;
  const ways = [into, toFile, live ? 'live' : undefined].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw usageProblem(
      ways === 0 ? 'It is not said where to restore to.' : 'A restore goes one way, and this names several.',
      `${ways === 0 ? 'Add' : 'Keep'} one of: --into NEW (beside the live one), --to-file FILE (the dump itself), --live (over the live one). For example: berth restore-db ${printable(name)} --into NEW`,
    );
  }
  if (!live && (yes || !safety)) {
    throw usageProblem(`${yes ? '--yes' : '--no-safety'} belongs to --live.`, 'Leave it out, or write --live.');
  }
  if (live) return { kind: 'live', isConfirmed: yes, isSaved: safety };
  if (into === '' || toFile === '') throw usageProblem('A name is empty.', 'Write, for example, --into shop-check.');
  return into === undefined ? { kind: 'file', path: toFile ?? '' } : { kind: 'new', name: into };
};

const snapshotFrom = (text: string): string | null => {
  if (text === 'latest') return null;
  if (/^[0-9a-f]{4,64}$/.test(text)) return text;
  throw usageProblem(`"${printable(text)}" is no snapshot.`, 'Write latest, or an ID from "berth snapshots --tag db".');
};

/** A repository may hold dumps of a machine that had another name, or of another machine. */
const madeBy = ({ host }: StoredDump, own: string): string => (host === own ? '' : `, made on ${printable(host)}`);

const dumpAge = ({ time }: StoredDump): string => `${moment(time)}, ${span(Date.now() - Date.parse(time))} ago`;

const jsonOf =
  (io: Io) =>
  (event: RestoreEvent): void => {
    if (event.event === 'progress') return;
    if (event.event === 'chosen' && event.leftOut.length > 0) process.exitCode = exitCode.incomplete;
    writeJson(io, event);
  };

const checkers = {
  tool: "the engine's own checker found it whole",
  stream: 'found whole',
  none: 'NOT checked',
} as const;

const wordsOf =
  (io: Io, name: string, progress: (text: string) => void) =>
  (event: RestoreEvent): void => {
    switch (event.event) {
      case 'progress':
        if (io.terminal) progress(`${printable(event.doing)}: ${size(event.bytesDone)}`);
        return;
      case 'chosen':
        for (const dump of event.leftOut) {
          process.exitCode = exitCode.incomplete;
          io.stderr(
            `berth: ${printable(dumpName(dump))} is left out: its newest dump is much older than the others (${dumpAge(dump)}).\n  To have it too: berth restore-db ${printable(dumpName(dump))} …\n`,
          );
        }
        return;
      case 'saved':
        if (io.terminal) progress('');
        for (const { database, snapshot } of event.dumps) {
          io.stdout(
            `Dumped what was there of ${printable(database ?? name)} first: snapshot ${snapshot?.slice(0, 8)}\n`,
          );
        }
        if (event.dumps.length === 0) io.stdout('Nothing of it is there now, so nothing was dumped first.\n');
        return;
      case 'restored': {
        const to = event.to === null ? '' : ` to ${printable(event.to)}`;
        const what = printable(event.dump.database === null ? event.dump.file : dumpName(event.dump));
        if (io.terminal) progress('');
        io.stdout(`Restored ${what}${to}, as of ${moment(event.dump.time)}; ${checkers[event.verified]}.\n`);
        for (const warning of event.warnings) io.stderr(`berth: ${printable(warning)}\n`);
      }
    }
  };
