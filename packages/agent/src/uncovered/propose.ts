import { dirname } from 'node:path';
import type { EngineName } from '../databases/engine.ts';
import { known } from './known.ts';
import type { Running } from './running.ts';

/**
 * An entry of `databases:` for what was found, ready for agent.yaml but for files with secrets, which a person makes. `taken` are names that are
 * there already.
 */
export const propose = (running: Running, taken: ReadonlySet<string>, isRoot: boolean): string => {
  const { engine } = running;
  const name = freeName(nameFor(running), engine, taken);
  const words = [`engine: ${engine}`, ...(name === engine ? [] : [`name: ${name}`]), ...placeWords(running, isRoot)];
  return `- { ${words.join(', ')} }`;
};

/** The name a proposal carries; for the caller to take. */
export const nameIn = (proposal: string): string =>
  /\bname: ([\w-]+)/.exec(proposal)?.[1] ?? /\bengine: (\w+)/.exec(proposal)?.[1] ?? '';

const nameFor = ({ engine, at }: Running): string => {
  if (at.kind === 'file') return plain(at.path.split('/').at(-2) ?? '') || engine;
  if (at.kind === 'here') return engine;
  const { container, id } = at;
  if (container?.compose) return plain(`${container.compose.project}-${container.compose.service}`) || engine;
  return plain(container?.name ?? id.slice(0, 12)) || engine;
};

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 36)
    .replace(/^-+|-+$/g, '');

const freeName = (wanted: string, engine: EngineName, taken: ReadonlySet<string>): string => {
  if (!taken.has(wanted)) return wanted;
  const numbered = Array.from({ length: 1_000 }, (_, index) => `${wanted}-${index + 2}`);
  return numbered.find((name) => !taken.has(name)) ?? engine;
};

const placeWords = (running: Running, isRoot: boolean): readonly string[] => {
  const { at, engine } = running;
  if (at.kind === 'file') return [`file: ${yaml(at.path)}`];
  const own = wanted[engine] ?? [];
  if (at.kind === 'container') return [`at: { ${containerWords(at)} }`, ...own];
  return [...(byEngine[engine]?.(at, isRoot) ?? portWords(engine, at.port)), ...own];
};

/** What an entry can't do without and nobody but a person knows: files to make, and names to look up. */
const wanted: Partial<Record<EngineName, readonly string[]>> = {
  vault: ['token_file: /etc/berth/vault.token'],
  minio: ['access_key: backup', 'secret_key_file: /etc/berth/minio.key'],
  influxdb: ['version: 2', 'token_file: /etc/berth/influx.token'],
  elasticsearch: ['path: /srv/elasticsearch/snapshots'],
  opensearch: ['path: /srv/opensearch/snapshots'],
};

const containerWords = ({ id, container }: Extract<Running['at'], { kind: 'container' }>): string => {
  if (container?.compose) return `compose: ${yaml(`${container.compose.project}/${container.compose.service}`)}`;
  return `container: ${yaml(container?.name ?? id.slice(0, 12))}`;
};

type Here = Extract<Running['at'], { kind: 'here' }>;

const secret = (engine: EngineName): string => `password_file: /etc/berth/${engine}.pass`;

/** Those whose entries need more than a place, or have another word for it. */
const byEngine: Partial<Record<EngineName, (at: Here, isRoot: boolean) => readonly string[]>> = {
  postgres: ({ port, socket }, isRoot) => {
    if ((port ?? 5432) !== 5432) return [`at: { host: 127.0.0.1, port: ${port} }`, 'user: backup', secret('postgres')];
    if (!isRoot) return [];
    const folder = socket === null ? null : dirname(socket);
    const isUsual = folder === null || /^(?:\/var)?\/run\/postgresql$/.test(folder);
    return [...(isUsual ? [] : [`at: { socket: ${yaml(folder)} }`]), 'as: postgres'];
  },
  mariadb: (at) => sqlWords('mariadb', at),
  mysql: (at) => sqlWords('mysql', at),
  rabbitmq: (_, isRoot) => (isRoot ? ['as: rabbitmq'] : []),
  // Its dump is made where its files are.
  neo4j: () => [],
};

const sqlWords = (engine: 'mariadb' | 'mysql', { port, socket }: Here): readonly string[] => [
  ...((port ?? 3306) === 3306 ? [] : [`at: { host: 127.0.0.1, port: ${port} }`]),
  ...(socket === null || (port ?? 3306) !== 3306
    ? ['user: backup', secret(engine)]
    : ['option_file: /etc/berth/my.cnf']),
];

const portWords = (engine: EngineName, port: number | null): readonly string[] => {
  const usual = known.find((one) => one.engine === engine)?.port;
  return port === null || port === usual ? [] : [`at: { host: 127.0.0.1, port: ${port} }`];
};

/** A scalar within braces. */
const yaml = (text: string): string => (/^[\w./][\w./-]*$/.test(text) ? text : JSON.stringify(text));
