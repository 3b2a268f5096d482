import { readFile } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';

/** A user of this machine, as a process becomes them. */
export interface Person {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Looks a user up in /etc/passwd. Throws 'no-such-user', and 'needs-root' where this process may not become them. */
export const personOf = async (name: string, file = '/etc/passwd', uid = process.getuid?.() ?? 0): Promise<Person> => {
  const line = (await readFile(file, 'utf8')).split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , personUid, gid, , home] = line?.split(':') ?? [];
  const person = { uid: Number(personUid), gid: Number(gid), home: home || '/' };
  // An empty number would be root's.
  if (!isNumber(personUid) || !isNumber(gid)) {
    throw new Problem(
      'no-such-user',
      `This machine has no user "${name}".`,
      'Look "as:" in agent.yaml up in /etc/passwd.',
    );
  }
  if (uid === 0 || uid === person.uid) return person;
  throw new Problem(
    'needs-root',
    `Only root may run a program as "${name}".`,
    'Run berth as root (sudo berth install), or take "as:" out and let this user log in to the database.',
  );
};

const isNumber = (text: string | undefined): boolean => text !== undefined && /^\d+$/.test(text);
