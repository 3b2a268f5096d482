import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Group, Quiesce } from '../../../packages/agent/src/containers/containers.ts';
import { withTools } from './tools.ts';

/**
 * A stand-in for neo4j-admin 5 and a server of the Community edition, NOT Neo4j and no proof of it: it takes the options of
 * https://neo4j.com/docs/operations-manual/current/backup-restore/offline-backup/ and …/restore-dump/ that berth uses, and refuses while the server runs, which is a
 * file. A database is a file; a dump is its zstd behind the real signature.
 */
export const withNeo4jStandIn = async (folder: string) => {
  const data = join(folder, 'neo4j');
  await mkdir(data, { recursive: true });
  const running = join(folder, 'neo4j-runs');
  const cut = join(folder, 'neo4j-cut');
  await writeFile(running, '');
  const tool = `
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
const [category, command, ...rest] = process.argv.slice(2);
const fail = (text) => { process.stderr.write(text + '\\n'); process.exit(1); };
if (category === '--version') { console.log('5.24.0'); process.exit(0); }
const name = rest.at(-1), options = rest.slice(0, -1).join(' ');
if (existsSync(${JSON.stringify(running)})) fail('The database is in use. Stop database \\'' + name + '\\' and try again.');
const file = ${JSON.stringify(data)} + '/' + name;
if (category !== 'database') fail('Unmatched argument');
if (command === 'dump' && options === '--to-stdout') {
  if (!existsSync(file)) fail('Database does not exist: ' + name);
  const bytes = Buffer.concat([Buffer.from('DZV1'), zstdCompressSync(readFileSync(file))]);
  process.stderr.write('Starting dump of database\\n');
  writeSync(1, existsSync(${JSON.stringify(cut)}) ? bytes.subarray(0, bytes.length - 8) : bytes);
} else if (command === 'load' && options === '--from-stdin --overwrite-destination=true') {
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  writeFileSync(file, zstdDecompressSync(Buffer.concat(parts).subarray(4)));
} else fail('Unknown option: ' + options);
`;
  const tools = await withTools(folder, { 'neo4j-admin': tool });
  return { data, running, cut, [Symbol.asyncDispose]: () => tools[Symbol.asyncDispose]() };
};

/** Stops and starts the server above, and keeps what was asked. */
export const neo4jQuiesce = (
  stop: () => Promise<void>,
  start: () => Promise<void>,
): Quiesce & { readonly stopped: Group[] } => {
  const stopped: Group[] = [];
  return {
    stopped,
    down: async (group) => {
      stopped.push(group);
      await stop();
      let isUp = false;
      const up = async () => {
        if (!isUp) await start();
        isUp = true;
        return { downMs: 1, meanwhile: [], warnings: [] };
      };
      return { signal: new AbortController().signal, up, [Symbol.asyncDispose]: async () => void (await up()) };
    },
  };
};
