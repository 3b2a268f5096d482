import { named, plain } from './words.ts';

/** What a trouble is called: with its sources in a heading, and in a word or two in the subject. */
interface Title {
  readonly long: (who: string, many: boolean) => string;
  readonly short: string;
}

const its = (one: string, several: string, short: string): Title => ({
  long: (who, many) => (many ? several : one).replace('WHO', () => who),
  short,
});
const server = (long: string, short: string): Title => ({ long: () => long, short });

/** The worst first: where severities are the same, this is the order in which they are told. */
const titles: Readonly<Record<string, Title>> = {
  'disk-floor': server('The disk is full: backups are refused', 'disk full'),
  'storage-unreadable': its(
    'The storage of WHO can not be read',
    'The storage of WHO can not be read',
    'storage can not be read',
  ),
  'mass-delete': its('Much of the past of WHO was deleted', 'Much was deleted at WHO', 'much was deleted'),
  'bit-rot': its('Files of WHO were damaged', 'Files of WHO were damaged', 'damaged files'),
  'bad-object-stays': its(
    'A damaged file of WHO is still in place',
    'Damaged files of WHO are still in place',
    'damaged files',
  ),
  'disk-failing': its('The disk under WHO fails', 'The disk under WHO fails', 'the disk fails'),
  overdue: its('WHO is overdue', 'WHO are overdue', 'overdue'),
  'quota-95': its('WHO has almost filled its quota', 'WHO have almost filled their quotas', 'quota almost full'),
  'host-key-changed': server("The server's host key has changed", 'host key changed'),
  'coordinator-down': server('The coordinator is down: nothing is planned', 'coordinator down'),
  'coordinator-state': server('The coordinator can not keep what it knows', 'coordinator in trouble'),
  'monitor-down': server('The monitor was down: nobody was told anything', 'monitor down'),
  'ingest-missing': its(
    'The folder of WHO is missing: nothing of it is backed up',
    'The folders of WHO are missing: nothing of them is backed up',
    'folder missing',
  ),
  'ingest-unreadable': its(
    'Files of WHO can not be read, and are in no backup',
    'Files of WHO can not be read, and are in no backup',
    'files can not be read',
  ),
  'phone-deletes': its(
    'Much was deleted on WHO, and stays in its mirror',
    'Much was deleted on WHO, and stays in their mirrors',
    'much was deleted on the phone',
  ),
  'mirror-stuck': its('The mirror of WHO stands still', 'The mirrors of WHO stand still', 'mirror stands still'),
  'phone-unseen': its('WHO has not been seen for long', 'WHO have not been seen for long', 'not seen for long'),
  'syncthing-down': its('Syncthing does not answer about WHO', 'Syncthing does not answer about WHO', 'Syncthing down'),
  'syncthing-refused': its('Syncthing refuses to tell of WHO', 'Syncthing refuses to tell of WHO', 'Syncthing refuses'),
  'syncthing-paused': its('WHO is paused in Syncthing', 'WHO are paused in Syncthing', 'paused in Syncthing'),
  'syncthing-trouble': its(
    'Syncthing is in trouble with WHO',
    'Syncthing is in trouble with WHO',
    'Syncthing in trouble',
  ),
  'config-refused': server('The latest sources.yaml is not in force', 'sources.yaml refused'),
  'run-failing': its('The backup of WHO fails', 'The backups of WHO fail', 'backups fail'),
  'report-doubted': its(
    'What WHO reports has not arrived',
    'What WHO report has not arrived',
    'reports without backups',
  ),
  'disk-full-soon': server('The disk is nearly full', 'disk nearly full'),
  'clock-jump': server("The server's clock is not trusted: nothing is purged", 'clock not trusted'),
  'snapshot-burst': its('Unusually many snapshots of WHO', 'Unusually many snapshots of WHO', 'many snapshots'),
  'backdated-churn': its(
    'Old snapshots of WHO were exchanged',
    'Old snapshots of WHO were exchanged',
    'snapshots exchanged',
  ),
  'quota-80': its('WHO nears its quota', 'WHO near their quotas', 'quota nearly full'),
  'run-stuck': its('A backup of WHO stands still', 'Backups of WHO stand still', 'a backup stands still'),
  'report-refused': its('A report of WHO was refused', 'Reports of WHO were refused', 'reports refused'),
  'plan-tight': server('Not all backups fit into their windows', 'windows too short'),
  'job-failed': its(
    "The server's own work on WHO failed",
    "The server's own work on WHO failed",
    'work of the server failed',
  ),
  'channel-failing': server('Messages can not be sent', 'a channel fails'),
  'digest-unsent': server('A digest could not be sent', 'a digest was not sent'),
  'page-down': server('The status page is down', 'status page down'),
  'file-broken': server('A file of the server is broken', 'a broken file'),
  'run-warned': its('The last backup of WHO had warnings', 'The last backups of WHO had warnings', 'warnings'),
};

/** Not the object itself, which answers to `toString` too. */
const known = new Map(Object.entries(titles));
const order = new Map([...known.keys()].map((code, index) => [code, index]));

/** Where a code stands among others of the same severity: the smaller, the earlier. */
export const rankOf = (code: string): number => order.get(code) ?? order.size;

/** `laptop is overdue`, `laptop, desktop and 3 more are overdue`, `The disk is full`. `sources` are none for the server itself. */
export const titleOf = (code: string, sources: readonly string[]): string => {
  const who = sources.length === 0 ? 'the server' : named(sources, 3);
  return known.get(code)?.long(who, sources.length > 1) ?? `${plain(code, 60)}: ${who}`;
};

/** `disk full`; with whose it is, where it is one source's: `laptop: much was deleted`. */
export const shortTitleOf = (code: string, sources: readonly string[]): string => {
  const short = known.get(code)?.short ?? plain(code, 60);
  const [only] = sources;
  return sources.length === 1 && only !== undefined ? `${only}: ${short}` : short;
};
