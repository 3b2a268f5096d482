import type { z } from 'zod';

/** Keys under which a person would paste a secret, and the ones that name the file it belongs in, best first. */
const secrets: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['password', 'pass', 'passwd', 'pgpassword', 'PGPASSWORD', 'MYSQL_PWD', 'REDISCLI_AUTH'],
    ['password_file', 'option_file', 'config_file', 'pgpass'],
  ],
  [
    ['token', 'api_token', 'VAULT_TOKEN'],
    ['token_file', 'api_key_file', 'password_file'],
  ],
  [
    ['api_key', 'key', 'apikey'],
    ['api_key_file', 'token_file', 'key_file', 'password_file'],
  ],
  [
    ['secret', 'secret_key'],
    ['secret_file', 'secret_key_file', 'password_file'],
  ],
  [['uri', 'connection_string'], ['uri_file']],
];

/**
 * An engine's schema that, where somebody writes a secret into agent.yaml itself, names the key for the file it belongs in: agent.yaml is shown,
 * copied and asked about, a file with mode 0600 is not.
 */
export const withoutSecrets = <Schema extends z.ZodObject>(schema: Schema): Schema => {
  const known = Object.keys(schema.shape);
  const instead = Object.fromEntries(
    secrets.flatMap(([written, files]) => {
      const key = files.find((file) => known.includes(file));
      if (key === undefined) return [];
      const remedy = `Put it on the one line of a file that only its owner may read (chmod 600), and write ${key}: /etc/berth/NAME. Change the secret if others could read this file.`;
      return written
        .filter((name) => !known.includes(name))
        .map((name) => [name, { key, remedy, message: 'a secret does not stand in this file' }]);
    }),
  );
  return schema.meta({ ...schema.meta(), instead });
};
