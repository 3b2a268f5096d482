import { dirname } from 'node:path';
import { Problem } from '@berth/common/problem.ts';
import { problemOf } from '@berth/common/yaml/finding.ts';
import { readConfigFile } from '@berth/common/yaml/read-file.ts';
import type { Logger } from 'pino';
import type { Mode } from '../accounts/layout.ts';
import { readConditions } from '../events/files.ts';
import { Keeper } from '../events/keeper.ts';
import { ClockGuard } from '../jobs/clock.ts';
import { jobPlaceInside } from '../jobs/place.ts';
import { type Cadence, Schedule } from '../jobs/schedule.ts';
import type { Jail } from '../session/jail.ts';
import { describeJail, detectJail } from '../session/jail-detect.ts';
import { settleMs } from '../sftp/guard.ts';
import { runPass } from '../sftp/job.ts';
import { parseSources } from '../sources/load.ts';
import { unfinishedFindings } from '../sources/unfinished.ts';
import { type WatchOptions, watchFile } from '../sources/watch.ts';
import { ensureHostKey, type HostKey } from '../sshd/host-key.ts';
import type { Patience } from './child/child.ts';
import { refusedWord } from './config-refused.ts';
import { linkedConfig, storedBySftp } from './coordinator/linked.ts';
import { coordinatorOf } from './coordinator/of-server.ts';
import { mountNamespace } from './enter.ts';
import { hostKeyChangedKey, judgeHostKey } from './host-key-judge.ts';
import { prepareLayout } from './layout.ts';
import { monitorOf } from './monitor/of-server.ts';
import { phonesOf } from './phones/of-server.ts';
import type { PhonePace } from './phones/pace.ts';
import { thisProgram } from './program.ts';
import { type Candidate, Receiver } from './receiver.ts';
import { selfCheck } from './self-check.ts';
import { appliedFile, readState } from './state.ts';

export interface RunOptions {
  readonly mode: Mode;
  readonly configFile: string;
  readonly dataDir: string;
  readonly hostKeys: string;
  /** `null` leaves it to sources.yaml, and then to 2222. */
  readonly port: number | null;
  /** `null` listens everywhere. */
  readonly address: string | null;
  readonly log: Logger;
  /** How often jobs run; only tests say. */
  readonly cadence?: Partial<Cadence>;
  /** How long the coordinator and the monitor may take for things; only tests say. */
  readonly patience?: Partial<Patience>;
  /** How phones are looked after; only tests say. */
  readonly phonePace?: Partial<PhonePace>;
  /** How far ahead of this machine's the clock of the coordinator and of the monitor goes, in milliseconds; only tests say. */
  readonly coordinatorAheadMs?: number;
}

/** What a server that is ready tells whoever started it. */
export interface Ready {
  readonly pid: number;
  readonly mode: Mode;
  readonly address: string | null;
  readonly port: number;
  readonly hostKeyFingerprint: string;
  readonly sources: number;
  readonly jail: Jail;
}

/** Where the server listens when nobody says otherwise. */
export const defaultPort = 2222;

/**
 * The server in the foreground, until SIGTERM or SIGINT. Call it in the process that holds the lock (enter.ts).
 * Throws a Problem when it can not start; once `onReady` was called it only returns.
 */
export const run = async (options: RunOptions, onReady: (ready: Ready) => void): Promise<void> => {
  const { mode, configFile, dataDir, log } = options;
  const stopped = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopped.resolve(signal));

  const { first, latest } = await begin(configFile, dataDir);
  const { config } = first;
  const hostKey = await ensureHostKey(options.hostKeys);
  const program = thisProgram();
  const liveFolders = [dirname(configFile), options.hostKeys];
  const { layoutWith, node, session } = await prepareLayout({ mode, dataDir, program, liveFolders });
  const sample = { node, session, uid: mode === 'rootless' ? null : (config.sources[0]?.uid ?? 65_534) };
  await selfCheck(sample);
  const jail = await detectJail(sample);
  const layout = layoutWith(jail);
  if (jail.kind === 'none') log.warn({ reason: jail.reason }, 'no jail: only UIDs keep sessions apart');
  else log.info({ jail: describeJail(jail) }, 'the jail of sessions holds');

  const port = options.port ?? config.settings.port ?? defaultPort;
  const namespace = mode === 'private' ? mountNamespace() : '';
  const keeper = new Keeper(dataDir, log);
  const coordinator = coordinatorOf({
    ...{ layout, jail, program, keeper, aheadMs: options.coordinatorAheadMs ?? 0 },
    onPlaces: (free) => schedule.setFreePlaces(free),
    onChange: (pid) => receiver.note({ coordinatorPid: pid }),
    log: log.child({ component: 'coordinator' }),
    ...(options.patience && { patience: options.patience }),
  });
  const { monitor, feed } = monitorOf({
    ...{ layout, configFile, jail, program, keeper, aheadMs: options.coordinatorAheadMs ?? 0 },
    state: () => receiver.state,
    onChange: (pid) => receiver.note({ monitorPid: pid }),
    onPage: (page) => receiver.note({ page }),
    log: log.child({ component: 'monitor' }),
    ...(options.patience && { patience: options.patience }),
  });
  const phones = await phonesOf({
    ...{ layout, configFile, jail, program, keeper, onFacts: (facts) => feed.phones(facts) },
    log: log.child({ component: 'phones' }),
    ...(options.phonePace && { pace: options.phonePace }),
    ...(options.patience && { patience: options.patience }),
  });
  const schedule: Schedule = new Schedule({
    dataDir,
    place: jobPlaceInside({ mode, jail, dataDir, program }),
    clock: new ClockGuard(dataDir, log),
    keeper,
    onStored: (source, facts) => coordinator.stored(source, facts),
    onRecords: (source, records) => feed.records(source, records),
    onWorking: (jobs) => {
      coordinator.working(jobs);
      feed.working([...jobs]);
    },
    active: () => receiver.active(),
    log: log.child({ component: 'jobs' }),
    ...(options.cadence && { cadence: options.cadence }),
  });
  const receiver: Receiver = new Receiver({
    layout,
    configFile,
    hostKey,
    knownHostKey: await knownHostKey(dataDir, hostKey, keeper),
    address: options.address,
    port,
    mountNamespace: namespace,
    jail,
    pass: (source, signal) =>
      runPass({ node, session, dataDir: layout.sessionDataDir, jail }, source, settleMs, signal),
    onApplied: (inForce) => {
      coordinator.apply(linkedConfig(inForce));
      feed.apply(inForce);
      schedule.watch(inForce);
      phones.watch(inForce);
    },
    onRefused: (findings) => void keeper.say([refusedWord(findings)]),
    onJudged: (source, judgement) => {
      feed.judged(source);
      const facts = storedBySftp(judgement);
      if (facts !== null) coordinator.stored(source, facts);
    },
    log,
  });
  await receiver.start(first);
  coordinator.start();
  feed.start();
  monitor.start();
  schedule.start();
  phones.start();
  // It says why, and remembers it for `status`.
  if (latest !== first.content) await receiver.consider({ ok: true, content: latest });
  process.on('SIGHUP', () => void readConfigFile(configFile).then((read) => receiver.consider(read)));
  const watching = new AbortController();
  const watch = follow(receiver, { file: configFile, seen: latest, signal: watching.signal });

  const { fingerprint } = hostKey;
  onReady({
    pid: process.pid,
    mode,
    address: options.address,
    port,
    hostKeyFingerprint: fingerprint,
    sources: config.sources.length,
    jail,
  });
  const signal = await stopped.promise;
  // Whoever signals all of our processes, as Ctrl-C does, ends them before we do.
  coordinator.letEnd();
  monitor.letEnd();
  phones.letEnd();
  log.info({ signal }, 'stopping');
  watching.abort();
  await watch;
  await Promise.all([schedule.stop(), phones.stop(), receiver.stop()]);
  feed.stop();
  // The last, so that it hears what those have to say.
  await Promise.all([coordinator.stop(), monitor.stop()]);
};

/** By which host key machines know this server. Another than that is said before it is written down that this one ran. */
const knownHostKey = async (dataDir: string, hostKey: HostKey, keeper: Pick<Keeper, 'say'>): Promise<string> => {
  const before = readState(dataDir);
  const { known, word } = judgeHostKey({
    ...{ last: before?.hostKey.fingerprint ?? null, known: before?.knownHostKey ?? null, now: hostKey.fingerprint },
    isOpen: readConditions(dataDir).some(({ key }) => key === hostKeyChangedKey),
    folder: dirname(hostKey.path),
  });
  await keeper.say([word]);
  return known;
};

const follow = async (receiver: Receiver, watch: WatchOptions): Promise<void> => {
  for await (const read of watchFile(watch)) await receiver.consider(read);
};

/** What is put in force at the start, and what the file holds: the same, but for one that is caught half-way. */
interface Beginning {
  readonly first: Candidate;
  readonly latest: Uint8Array;
}

/**
 * A file that stops behind `sources:` would lock everybody out where the last server had sources, so what that one had in force is put
 * in force again, as a running server would have kept it. Throws a Problem for a file that can not be used at all.
 */
const begin = async (file: string, dataDir: string): Promise<Beginning> => {
  const candidate = await candidateIn(file);
  if (candidate instanceof Problem) throw candidate;
  const ofFile = { first: candidate, latest: candidate.content };
  if (!candidate.config.unfinished) return ofFile;
  const applied = await candidateIn(appliedFile(dataDir));
  if (applied instanceof Problem) return ofFile;
  const isMissed = unfinishedFindings(file, applied.config.sources, candidate.config).length > 0;
  return isMissed ? { first: applied, latest: candidate.content } : ofFile;
};

const candidateIn = async (file: string): Promise<Candidate | Problem> => {
  const read = await readConfigFile(file);
  if (!read.ok) return read.problem;
  const parsed = parseSources({ file, content: read.content });
  if (parsed.kind === 'invalid') return problemOf(parsed.findings);
  return { content: read.content, config: parsed.config };
};
