import { spawn } from 'node:child_process';
import { takeSnapshotsBy } from '../../packages/agent/src/filesystems/take.ts';
import { openBook } from '../../packages/agent/src/recover/book.ts';
import { processThing } from '../../packages/agent/src/recover/process.ts';
import { execOn } from '../../packages/agent/src/services/exec.ts';

/** A run in the middle of its copy, to be killed: snapshots are taken, and a program reads from them. Says `ready`. */
const [unfinished = '', point = '', ...paths] = process.argv.slice(2);
const hold = (): Promise<never> => {
  process.stdout.write('ready\n');
  return new Promise(() => setInterval(() => undefined, 60_000));
};
const things = openBook(unfinished, () => new Date());
const take = takeSnapshotsBy({
  things,
  exec: execOn(process.env),
  uid: 0,
  oneFileSystem: false,
  at: async (here) => {
    if (here === point) await hold();
  },
});
const taken = await take(paths, [], new AbortController().signal);
const [program = '', ...args] = taken.prefix;
const reader = spawn(program, [...args, 'sleep', '600'], { detached: true, stdio: 'ignore', cwd: '/' });
const thing = reader.pid === undefined ? null : await processThing(reader.pid);
if (thing !== null) await things.note(thing);
await hold();
