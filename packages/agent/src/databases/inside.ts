import { z } from 'zod';
import { pathField } from './entry.ts';
import type { Place } from './place.ts';

/** How an engine that asks for a password is given it: by a file here, or by a variable its container has already. */
export const passwordFields = {
  /** One line, for its owner's eyes only. */
  password_file: pathField('password_file: /etc/berth/database.pass').nullable().default(null),
  /** The *name* of a variable of the container, which holds the password; or, ending in `_FILE`, the path of a file in it that does. */
  password_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,100}$/)
    .nullable()
    .default(null)
    .meta({ example: 'password_env: POSTGRES_PASSWORD' }),
};

/** What `checkPassword` looks at. */
export interface PasswordKeys {
  readonly at: Place;
  readonly password_file: string | null;
  readonly password_env: string | null;
}

/** For `z.strictObject(…).superRefine`: there is one way to the password, and a container's variables are only in a container. */
export const checkPassword = (entry: PasswordKeys, context: z.core.$RefinementCtx): void => {
  const refuse = (message: string, remedy: string): void => {
    context.issues.push({
      code: 'custom',
      message,
      input: entry,
      path: ['password_env'],
      params: { code: 'password', remedy },
    });
  };
  if (entry.password_env === null) return;
  if (entry.at.kind !== 'container') {
    refuse(
      'only a container has variables to take a password from',
      'Write password_file, or at: { container: NAME }.',
    );
  }
  if (entry.password_file !== null) refuse('there are two ways to the password', 'Keep one of the two.');
};

/** Words of a shell that put a variable's value, or what the file it names holds, into another variable. */
export const takeVariable = (from: string, into: string): string => {
  for (const name of [from, into]) if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`no variable: ${name}`);
  return from.endsWith('_FILE') ? `${into}=$(cat -- "$${from}")` : `${into}=$${from}`;
};

/**
 * A command line that runs `argv` inside a container with the value of the container's variable `from` as `into`: the container's own shell
 * reads it, so that it never leaves the container, and stands in no arguments.
 */
export const withInsideSecret = (
  argv: readonly [string, ...string[]],
  from: string,
  into: string,
): readonly [string, ...string[]] => [
  '/bin/sh',
  '-c',
  `${takeVariable(from, into)} && export ${into} && exec "$@"`,
  'sh',
  ...argv,
];
