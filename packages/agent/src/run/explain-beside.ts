import type { ReportStep, StepName } from '@berth/common/report.ts';
import type { Explanation } from './explain.ts';

/** Steps about what is copied beside the files. */
const beside: ReadonlySet<StepName> = new Set(['recover', 'dump', 'quiesce', 'snapshot', 'restart']);

/**
 * What went wrong beside the files, and with which of them; null where `reason` is none of these steps'. Who threw a Problem knows best what to
 * do; of a step that did some of its work the first of its words, and ours.
 */
export const explainBeside = (reason: string | null, steps: readonly ReportStep[]): Explanation | null => {
  const bad = steps.filter((step) => beside.has(step.name) && step.reason === reason && step.outcome !== 'ok');
  const step = bad.find(({ name }) => name !== 'quiesce') ?? bad[0];
  if (reason === null || step === undefined) return null;
  const { subject, words, numbers } = step;
  const known = sentences[reason];
  const others = [...new Set(bad.map((other) => other.subject))].filter((name) => name !== null && name !== subject);
  const said = words[0] ?? known?.happened ?? `The step ${step.name} failed.`;
  const about = subject === null || said.startsWith(`${subject}:`) ? said : `${subject}: ${said}`;
  const also = others.length === 0 ? '' : ` And so ${others.slice(0, 10).join(', ')}.`;
  // Numbers say that some of it was done: what is said then is no Problem's two sentences.
  const own = Object.keys(numbers).length === 0 ? words[1] : undefined;
  const happened =
    known === undefined || own !== undefined || words.length === 0 ? about : `${known.happened} ${about}`;
  return {
    happened: `${happened.replace(/[^.!?]$/, '$&.')}${also}`,
    remedy: own ?? known?.remedy ?? 'Run berth doctor; it looks at each part.',
  };
};

const inReport = 'What its tool said is in the report: berth status.';

const sentences: Readonly<{ [reason: string]: Explanation }> = {
  'not-started-again': {
    happened: 'Something that was stopped for the backup does not run again.',
    remedy: 'Start it now: berth recover. Where that does not help, start it by hand and look at its log.',
  },
  'dump-failed': {
    happened: 'A database was not dumped; no snapshot was made of what came.',
    remedy: `${inReport} Dumps made before are still there: berth databases.`,
  },
  'dump-empty': {
    happened: 'A dump had not a single byte in it, so no snapshot was made.',
    remedy: 'Run the tool by hand as the same user; a database that is empty still has a dump that says so.',
  },
  'dump-unverified': {
    happened: 'A dump came to its end but is not whole, so no snapshot was made.',
    remedy: `${inReport} If it happens again, the database may be damaged: check it with its own tools.`,
  },
  'dump-timeout': {
    happened: 'A dump took longer than its timeout.',
    remedy: 'Look for a lock that is never given back, or raise its timeout in agent.yaml.',
  },
  'database-unreachable': {
    happened: 'A database could not be reached.',
    remedy: 'Is it running, and where agent.yaml says (at:)? berth doctor tries it.',
  },
  'database-refused': {
    happened: 'A database refused the login, or the user may not read all of it.',
    remedy: 'Look at user and password_file in agent.yaml, and at what the user may do: docs/databases.md.',
  },
  'database-missing': {
    happened: 'A database that agent.yaml names is not there.',
    remedy: 'Correct only: in agent.yaml, or bring it back: berth restore-db.',
  },
  'tool-missing': {
    happened: 'The tool that dumps a database is not installed here.',
    remedy: 'Install it, or name the container it is in: at: { container: NAME }.',
  },
  'tool-too-old': {
    happened: 'The tool that dumps a database is older than its server.',
    remedy: 'Install the one of the server, or use the one in its container: at: { container: NAME }.',
  },
  'no-room': {
    happened: 'This machine has no room for a dump that cannot be streamed.',
    remedy: "Make room where berth keeps its state, or on the server's side of the engine.",
  },
  'quiesce-failed': {
    happened: 'Containers or a unit could not be stopped, so they were not copied while they were quiet; they run.',
    remedy: 'Look at containers: and services: in agent.yaml and at the labels: berth doctor.',
  },
  'quiesce-timeout': {
    happened: 'Containers or a unit were down for as long as they may be, and run again; their copy is not finished.',
    remedy: 'Raise their timeout, or put their paths under paths: so that most is copied before they stop.',
  },
  'started-meanwhile': {
    happened: 'Somebody started a container while it was being copied, so the copy may not be consistent.',
    remedy: 'See who does that (a watcher, an update, a person), and let it keep away from the hour of the backup.',
  },
  'engine-away': {
    happened: 'The engine of the containers does not answer.',
    remedy: 'Start Docker or Podman, or name its socket: containers: { engine: unix:///var/run/docker.sock }.',
  },
  'snapshot-failed': {
    happened: 'Some paths could not be kept as they were in one moment, and were read live.',
    remedy: 'Write snapshots: auto if that is well; else put them on btrfs, ZFS or LVM and run berth as root.',
  },
};
