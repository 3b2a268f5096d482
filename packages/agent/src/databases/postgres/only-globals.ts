import { Problem } from '@berth/common/problem.ts';

type State = 'plain' | 'quoted' | 'escaped' | 'named' | 'line' | 'block' | 'command';

/** What the statements of `pg_dumpall --globals-only` begin with. */
const beginnings: ReadonlySet<string> = new Set([
  'create',
  'alter',
  'grant',
  'revoke',
  'comment',
  'set',
  'select',
  'security',
]);
/** What it says to psql itself. https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-META-COMMAND-RESTRICT */
const allowed = /^\\(?:(?:un)?restrict [A-Za-z0-9]{1,200}|connect (?:postgres|template1))\r?$/;

/**
 * Lets roles and tablespaces through on their way to psql, and nothing else: psql runs programs of this machine where a script says so, and older
 * releases of pg_dumpall let the name of a role say anything (https://www.postgresql.org/support/security/CVE-2025-8715/). In doubt it is refused.
 * Throws 'restore-refused'.
 */
export const onlyGlobals = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let state: State = 'plain';
  let depth = 0;
  let before = '\n';
  let beforeThat = '\n';
  let word: string | null = '';
  let command = '';
  let isNext = false;
  let isUsed = false;
  const isPair = (one: string): boolean => (before === '/' && one === '*') || (before === '*' && one === '/');
  const plain = (one: string): State => {
    if (one === '\\') {
      if (before !== '\n' || word !== '') throw refused();
      command = one;
      return 'command';
    }
    if (before === '-' && one === '-') return 'line';
    if (before === '/' && one === '*') {
      depth = 1;
      return 'block';
    }
    // It quotes as well, by words of its own; globals have none.
    if (one === '$') throw refused();
    if (word !== null && /[A-Za-z]/.test(one)) {
      word += one.toLowerCase();
      return 'plain';
    }
    if (word !== null && word !== '') {
      if (!beginnings.has(word)) throw refused();
      word = null;
    }
    if (word === '' && !/[\s;/-]/.test(one)) throw refused();
    if (one === ';') word = '';
    if (one === '"') return 'named';
    if (one !== "'") return 'plain';
    return /[eE]/.test(before) && !/[\w\x80-\xff]/.test(beforeThat) ? 'escaped' : 'quoted';
  };
  const next = (one: string): State => {
    switch (state) {
      case 'plain':
        return plain(one);
      case 'quoted':
        // Where the two ways to read a backslash come to different ends.
        if (one === "'" && before === '\\') throw refused();
        return one === "'" ? 'plain' : 'quoted';
      case 'escaped':
        if (isNext) {
          isNext = false;
          return 'escaped';
        }
        isNext = one === '\\';
        return one === "'" ? 'plain' : 'escaped';
      case 'named':
        return one === '"' ? 'plain' : 'named';
      case 'line':
        return one === '\n' ? 'plain' : 'line';
      case 'block':
        if (!isPair(one)) return 'block';
        depth += one === '*' ? 1 : -1;
        isUsed = true;
        return depth === 0 ? 'plain' : 'block';
      case 'command':
        if (one !== '\n' && command.length < 300) command += one;
        else if (!allowed.test(command)) throw refused();
        return one === '\n' ? 'plain' : 'command';
    }
  };
  for await (const chunk of chunks) {
    for (const one of Buffer.from(chunk).toString('latin1')) {
      const was = state;
      isUsed = false;
      state = next(one);
      beforeThat = before;
      // What has begun or ended something begins and ends nothing else; a line ends all the same.
      before = (isUsed || was !== state) && one !== '\n' ? '' : one;
    }
    yield chunk;
  }
};

const refused = (): Problem =>
  new Problem(
    'restore-refused',
    'This dump holds more than roles and tablespaces, which psql might run as a program: it was not restored any further.',
    'Write it to a file (--to-file), look at what stands in it, and run that by hand.',
  );
