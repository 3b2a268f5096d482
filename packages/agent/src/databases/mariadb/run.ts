import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineWorld } from '../engine.ts';
import { takeVariable } from '../inside.ts';
import type { MariadbEntry } from '../mariadb.ts';
import type { ToolCommand, ToolEnd } from '../tool.ts';

/**
 * Runs a client tool of MariaDB's or MySQL's against the server of this entry. The password is in an option file, which must come first
 * (https://mariadb.com/kb/en/configuring-mariadb-with-option-files/): in a private folder here; for another user, or inside a container, as a
 * here-document of the shell that becomes the tool. Without one the tools look where they always look.
 */
export const runClient = async (
  entry: MariadbEntry,
  argv: readonly [string, ...string[]],
  { stdin, onStdout }: Pick<ToolCommand, 'stdin' | 'onStdout'>,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ToolEnd> => {
  const [program, ...rest] = argv;
  const args = [...placeArguments(entry), ...rest];
  const io = { as: entry.as, stdin, ...(onStdout !== undefined && { onStdout }) };
  const isHere = entry.at.kind !== 'container' && entry.as === null;
  if (entry.password_env !== null) {
    const words = [`${takeVariable(entry.password_env, 'p')} || exit 1`, escaping, becoming(`[client]\npassword="$e"`)];
    const shell = ['/bin/sh', '-c', words.join('\n'), 'sh'] as const;
    return world.run(entry.at, { argv: [...shell, program, fromDocument, ...args], ...io }, signal);
  }
  const options = await optionsOf(entry, world);
  if (options === null) return world.run(entry.at, { argv: [program, ...args], ...io }, signal);
  if (!isHere) {
    const words = `o=$BERTH_OPTIONS\nunset BERTH_OPTIONS\n${becoming('$o')}`;
    const command = [...(['/bin/sh', '-c', words, 'sh'] as const), program, fromDocument, ...args] as const;
    return world.run(entry.at, { argv: command, env: { BERTH_OPTIONS: options }, ...io }, signal);
  }
  await using scratch = await world.scratch();
  const file = join(scratch.path, 'options.cnf');
  await writeFile(file, options, { mode: 0o600 });
  return await world.run(entry.at, { argv: [program, `--defaults-file=${file}`, ...args], ...io }, signal);
};

const fromDocument = '--defaults-file=/dev/fd/3';

/** The shell puts the options where file 3 is read, and is the tool from then on: there is one process to end. */
const becoming = (options: string): string => `exec "$@" 3<<BERTH_END\n${options}\nBERTH_END\n`;

/** What `escaped` does, by the shell itself: $p into $e. */
const escaping = `e=
while [ -n "$p" ]; do
  r=\${p#?}
  c=\${p%"$r"}
  case $c in '"' | '\\') e=$e\\\\ ;; esac
  e=$e$c
  p=$r
done`;

const optionsOf = async (entry: MariadbEntry, world: EngineWorld): Promise<string | null> => {
  if (entry.option_file !== null) return world.privateText(entry.option_file);
  if (entry.password_file === null) return null;
  return `[client]\npassword="${escaped(await world.secret(entry.password_file))}"\n`;
};

/** A value between double quotes of an option file. https://dev.mysql.com/doc/refman/8.4/en/option-files.html */
export const escaped = (value: string): string => value.replace(/["\\]/g, '\\$&');

const placeArguments = ({ at, user }: MariadbEntry): readonly string[] => [
  // By the name of localhost the tools would take the socket.
  ...(at.kind === 'tcp' ? ['--protocol=tcp', `--host=${at.host}`] : []),
  ...(at.kind === 'tcp' && at.port !== null ? [`--port=${at.port}`] : []),
  ...(at.kind === 'socket' ? [`--socket=${at.path}`] : []),
  ...(user === null ? [] : [`--user=${user}`]),
];
