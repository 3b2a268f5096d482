import type { EngineName } from '../databases/engine.ts';

/** How an engine is known among what runs: the names of its processes (15 characters is all the kernel keeps), of its port, of its images. */
export interface Known {
  readonly engine: EngineName;
  readonly processes: readonly string[];
  /** For those that run in an interpreter: what stands in the command line. */
  readonly commandLine?: RegExp;
  readonly port: number;
  /** Of an image, the last part of its name, without registry and tag. */
  readonly image: RegExp;
}

/** The engines that are looked for. */
export const known: readonly Known[] = [
  {
    engine: 'postgres',
    processes: ['postgres', 'postmaster'],
    port: 5432,
    image: /^(?:postgres|postgresql|postgis|timescaledb|timescaledb-ha|pgvector)$/,
  },
  { engine: 'mariadb', processes: ['mariadbd'], port: 3306, image: /^mariadb$/ },
  { engine: 'mysql', processes: ['mysqld'], port: 3306, image: /^(?:mysql|mysql-server|percona)$/ },
  { engine: 'redis', processes: ['redis-server'], port: 6379, image: /^(?:redis|redis-stack|redis-stack-server)$/ },
  { engine: 'valkey', processes: ['valkey-server'], port: 6379, image: /^valkey$/ },
  { engine: 'rabbitmq', processes: [], commandLine: /\brabbit(?:mq)?\b/, port: 5672, image: /^rabbitmq$/ },
  { engine: 'etcd', processes: ['etcd'], port: 2379, image: /^etcd$/ },
  { engine: 'mongodb', processes: ['mongod'], port: 27_017, image: /^(?:mongo|mongodb|mongodb-community-server)$/ },
  { engine: 'qdrant', processes: ['qdrant'], port: 6333, image: /^qdrant$/ },
  { engine: 'neo4j', processes: [], commandLine: /\borg\.neo4j\.|\bcom\.neo4j\./, port: 7687, image: /^neo4j$/ },
  { engine: 'vault', processes: ['vault'], port: 8200, image: /^vault$/ },
  { engine: 'prometheus', processes: ['prometheus'], port: 9090, image: /^prometheus$/ },
  { engine: 'minio', processes: ['minio'], port: 9000, image: /^minio$/ },
  { engine: 'influxdb', processes: ['influxd'], port: 8086, image: /^influxdb$/ },
  {
    engine: 'elasticsearch',
    processes: [],
    commandLine: /\borg\.elasticsearch\./,
    port: 9200,
    image: /^elasticsearch$/,
  },
  { engine: 'opensearch', processes: [], commandLine: /\borg\.opensearch\./, port: 9200, image: /^opensearch$/ },
];

/** Only these are worth a look at their command line. */
const interpreters = new Set(['beam.smp', 'java']);

/** Which engine a process is, by its name and command line; null for what is none. A `vault kv get` of a moment is no server. */
export const engineOfProcess = (name: string, commandLine: readonly string[]): Known | null => {
  const isInterpreter = interpreters.has(name);
  const found = known.find(
    ({ processes, commandLine: pattern }) =>
      processes.includes(name) ||
      (isInterpreter && pattern !== undefined && commandLine.some((word) => pattern.test(word))),
  );
  if (found === undefined) return null;
  const isServer = (found.engine !== 'vault' && found.engine !== 'minio') || commandLine.includes('server');
  return isServer ? found : null;
};

/** Which engine an image holds: `docker.io/library/postgres:16-alpine` → postgres. */
export const engineOfImage = (image: string): Known | null => {
  const name = /([^/:@]+)(?::[^/@]*)?(?:@.*)?$/.exec(image)?.[1]?.toLowerCase();
  return name === undefined ? null : (known.find((one) => one.image.test(name)) ?? null);
};

const families: readonly (readonly EngineName[])[] = [
  ['mariadb', 'mysql'],
  ['redis', 'valkey'],
  ['elasticsearch', 'opensearch'],
];

/** One is dumped by the other's entry as well, and `mysqld` is the name of both. */
export const isSameFamily = (one: EngineName, other: EngineName): boolean =>
  one === other || families.some((family) => family.includes(one) && family.includes(other));
