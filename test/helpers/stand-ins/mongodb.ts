import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { withTools } from './tools.ts';

/** An archive by the specification, as the tool below writes and reads it, built by the same code that the verifier's own test uses. */
const archive = join(dirname(dirname(import.meta.dirname)), '..', 'packages/agent/src/databases/mongodb/testing.ts');

/**
 * Stand-ins for mongodump and mongorestore, NOT the tools and no proof of them: they take the options of https://www.mongodb.com/docs/database-tools/mongodump/ and
 * …/mongorestore/ that berth uses, refuse all others, and read passwords from --config alone. The server is a folder with a file of lines for each
 * `database.collection`; `after` and `code` are files with how many bytes to write before ending, and with which code.
 */
export const withMongodbStandIn = async (folder: string, password: string) => {
  const data = join(folder, 'mongo');
  await mkdir(data, { recursive: true });
  const common = `
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
const data = ${JSON.stringify(data)};
const given = {};
for (const argument of process.argv.slice(2)) {
  const [, name, value] = /^--([A-Za-z]+)(?:=([^]*))?$/.exec(argument) ?? [];
  if (!known.includes(name)) fail('error parsing command line options: unknown option "' + argument + '"');
  given[name] = value ?? '';
}
function fail(text) { process.stderr.write(text + '\\n'); process.exit(1); }
if ('version' in given) { console.log('mongodump version: 100.9.4\\ngit version: none\\nGo version: go1.21'); process.exit(0); }
const config = JSON.parse(readFileSync(given.config, 'utf8'));
const password = config.uri === undefined ? config.password : decodeURIComponent(new URL(config.uri).password);
if (password !== ${JSON.stringify(password)}) fail('Failed: can\\'t create session: could not connect to server: connection() error occurred during connection handshake: auth error: sasl conversation error: unable to authenticate using mechanism "SCRAM-SHA-256": (AuthenticationFailed) Authentication failed.');
`;
  const dump = `
import { archiveOf } from ${JSON.stringify(archive)};
const known = ['version', 'archive', 'config', 'db', 'oplog', 'host', 'port', 'username', 'authenticationDatabase'];
${common}
const files = readdirSync(data).filter((file) => given.db === undefined || file.startsWith(encodeURIComponent(given.db) + '.'));
const bytes = archiveOf(files.map((file) => {
  const [db, collection] = file.split('.').map(decodeURIComponent);
  const documents = readFileSync(data + '/' + file, 'utf8').split('\\n').map((line) => ({ line }));
  return { db, collection, type: 'collection', documents };
}));
const text = (name, otherwise) => existsSync(${JSON.stringify(folder)} + '/' + name) ? Number(readFileSync(${JSON.stringify(folder)} + '/' + name, 'utf8')) : otherwise;
const sent = bytes.subarray(0, text('after', bytes.length));
for (let at = 0; at < sent.length; ) { try { at += writeSync(1, sent, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; } }
if (text('code', 0) !== 0) fail('Failed: error dumping shop.orders: connection closed');
`;
  const restore = `
import { read } from ${JSON.stringify(join(import.meta.dirname, 'mongodb-archive.ts'))};
const known = ['archive', 'config', 'drop', 'oplogReplay', 'stopOnError', 'nsInclude', 'nsFrom', 'nsTo', 'host', 'port', 'username', 'authenticationDatabase'];
${common}
const parts = [];
for await (const part of process.stdin) parts.push(part);
const plain = (pattern) => pattern.slice(0, -2).replace(/\\\\(.)/g, '$1');
for (const { db, collection, lines } of read(Buffer.concat(parts))) {
  if (given.nsInclude !== undefined && db !== plain(given.nsInclude)) continue;
  const target = given.nsFrom !== undefined && db === plain(given.nsFrom) ? plain(given.nsTo) : db;
  const file = data + '/' + encodeURIComponent(target) + '.' + encodeURIComponent(collection);
  if (existsSync(file) && !('drop' in given)) fail('Failed: duplicate key');
  writeFileSync(file, lines.join('\\n'));
}
`;
  const tools = await withTools(folder, { mongodump: dump, mongorestore: restore });
  const path = (database: string, collection: string): string =>
    join(data, `${encodeURIComponent(database)}.${encodeURIComponent(collection)}`);
  return {
    data,
    put: (database: string, collection: string, text: string) => writeFile(path(database, collection), text),
    get: (database: string, collection: string): string => readFileSync(path(database, collection), 'utf8'),
    fault: async (after: number | null, code: number) => {
      await writeFile(join(folder, 'after'), `${after ?? 1e12}`);
      await writeFile(join(folder, 'code'), `${code}`);
    },
    [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose](),
  };
};
