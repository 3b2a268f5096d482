import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { lastWord, wordsOf } from '../collect.ts';
import type { Place } from '../place.ts';
import type { ToolEnd } from '../tool.ts';
import { placeName } from '../world.ts';

/**
 * libpq's own words, which LC_ALL keeps English, for a server that is not there; what a server says comes in its own language.
 * https://www.postgresql.org/docs/current/libpq-connect.html
 */
const away =
  /could not connect|could not translate host name|Connection refused|No such file or directory|timeout expired|timed out|No route to host|Network is unreachable|server closed the connection|Connection reset|Is the server running|starting up|shutting down/;

/** Why a connection failed: nobody there, not let in, or no such database. */
export const connectionProblem = (end: ToolEnd, place: Place): Problem => {
  const said = end.stderr.join('\n');
  // A question to whoever reads ("Is the server running …?") follows the reason.
  const reason = end.stderr.findLast((line) => /failed:|error:/.test(line));
  const word = printable(
    reason === undefined ? lastWord(end, 'it said nothing') : reason.trim().replace(/\.$/, ''),
    300,
  );
  if (away.test(said)) {
    return new Problem(
      'database-unreachable',
      `PostgreSQL cannot be reached at ${placeName(place)}: ${word}.`,
      'See whether it runs, and whether "at:" in agent.yaml is where it listens.',
      { cause: wordsOf(end) },
    );
  }
  const missing = /FATAL: +(database ".*" does not exist)/.exec(said)?.[1];
  if (missing !== undefined) {
    const remedy = 'Correct "only:" or "database:" in agent.yaml, or bring it back: berth restore-db.';
    const happened = `PostgreSQL at ${placeName(place)}: ${printable(missing, 300)}.`;
    return new Problem('database-missing', happened, remedy, { cause: wordsOf(end) });
  }
  return new Problem(
    'database-refused',
    `PostgreSQL at ${placeName(place)} does not let berth in: ${word}.`,
    'Look at "user:", "as:" and the password file in agent.yaml, and at pg_hba.conf.',
    { cause: wordsOf(end) },
  );
};

/** Why a tool that was to dump did not. */
export const dumpProblem = (end: ToolEnd, what: string, place: Place, bytes: number): Problem => {
  const said = end.stderr.join('\n');
  const cause = wordsOf(end);
  if (/server version mismatch/.test(said)) {
    const remedy = 'Install the client of the same release as the server (on Debian: postgresql-client-NN).';
    return new Problem('tool-too-old', `pg_dump is older than the server it is to copy.`, remedy, { cause });
  }
  if (bytes === 0 && /connection to server (?:at|on)|could not connect/.test(said))
    return connectionProblem(end, place);
  if (/permission denied/i.test(said)) {
    const remedy = 'Let the user read everything: GRANT pg_read_all_data TO the user of "user:".';
    return new Problem('database-refused', `PostgreSQL does not let berth read ${what}.`, remedy, { cause });
  }
  const how = end.code === null ? 'was ended by a signal' : `ended with code ${end.code}`;
  return new Problem(
    'dump-failed',
    `The copy of ${what} ${how}: ${printable(lastWord(end, 'it said nothing'), 300)}.`,
    'The next run tries again; the words of the tool say what to look at.',
    { cause },
  );
};
