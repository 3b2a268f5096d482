import { type Phone, type Trouble, typed, type Verdict, warning } from './verdict.ts';

const dayMs = 86_400_000;

/** Nobody may take an unmounted disk for a phone that was emptied. After a day no backup is what it comes to. */
export const ingestMissing = ({ ingest: { folder }, facts, known, nowMs }: Phone): Verdict => {
  const isMissing = facts.ingest === 'missing' || facts.mirror?.last?.outcome === 'ingest-missing';
  if (!isMissing) return facts.ingest === null ? 'unknown' : 'not-so';
  const since = known('ingest-missing')?.since;
  return {
    severity: since !== undefined && nowMs - Date.parse(since) >= dayMs ? 'critical' : 'warning',
    text: `${folder} is not there, or is not the phone's folder: the marker is gone that Syncthing keeps in it (.stfolder). Nothing is backed up or mirrored, so that a disk that is not mounted makes no empty backup.`,
    remedy: `See that its disk is mounted: ls -a ${typed(folder)}. A folder that is new to a container is mounted by: berth-server up; to a service of systemd as docs/install-on-the-host.md says. Where everything is there but the marker, make it: mkdir ${typed(folder)}/.stfolder`,
  };
};

/** What the phone's own user may not read is in no backup. */
export const ingestUnreadable = ({ source, ingest, facts }: Phone): Verdict => {
  const last = facts.mirror?.last ?? null;
  const isClosed = facts.ingest === 'unreadable' || last?.outcome === 'ingest-unreadable';
  const lacks = isClosed || (last?.unreadable ?? 0) > 0;
  // As long as it is not there, that is what is said.
  if (facts.ingest === 'missing' || last?.outcome === 'ingest-missing') return 'unknown';
  if (!lacks) return facts.ingest === 'ok' ? 'not-so' : 'unknown';
  const { folder, group } = ingest;
  return warning(
    isClosed
      ? `${source.name} may not read ${folder} (it reads as UID ${source.uid}): nothing is backed up or mirrored.`
      : `${source.name} may not read some of the files in ${folder} (it reads as UID ${source.uid}): those are neither backed up nor mirrored.`,
    `${groupWords(folder, group)} In Syncthing, edit the folder, Advanced, and switch Ignore Permissions on: what comes later is readable too.`,
  );
};

const groupWords = (folder: string, group: number | null): string =>
  group === null
    ? `Say which group may read what Syncthing writes: \`group: GID\` under \`ingest\` in sources.yaml; this prints the GID: stat -c %g ${typed(folder)}. Let it read what is there: chmod -R g+rX ${typed(folder)}.`
    : `Let the group ${group} read what is there: chgrp -R ${group} ${typed(folder)} && chmod -R g+rX ${typed(folder)}.`;

/** Much went within a day. While it is so, it is told as bad as it was: of what waits to be a day old, there is less every hour. */
export const phoneDeletes = ({ source, facts, known }: Phone): Verdict => {
  if (source.media === null) return 'not-so';
  const last = facts.mirror?.last ?? null;
  if (last === null || last.outcome === 'ingest-missing' || last.outcome === 'ingest-unreadable') return 'unknown';
  if (last.storm === null) return last.outcome === 'done' ? 'not-so' : 'unknown';
  const share = last.storm.of > 0 ? last.storm.gone / last.storm.of : 1;
  const told = known('phone-deletes');
  const storm = shares.find(({ from, words }) => share >= from || told?.text.startsWith(words) === true);
  return deletes(storm ?? least, source.name, source.media.to);
};

const least = { from: 0, words: 'Much of what was mirrored', severity: 'notice' } as const;
/** The worst first. */
const shares = [
  { from: 0.9, words: 'Nearly everything that was mirrored', severity: 'warning' },
  { from: 0.5, words: 'More than half of what was mirrored', severity: 'warning' },
  { from: 0.25, words: 'More than a quarter of what was mirrored', severity: 'notice' },
] as const;

const deletes = (
  { words, severity }: { readonly words: string; readonly severity: Trouble['severity'] },
  name: string,
  mirror: string,
): Trouble => ({
  severity,
  text: `${words} was deleted on the phone, or went from its folder here, within a day. Nothing was deleted in ${mirror}, nor in earlier backups.`,
  remedy: `If you tidied up the phone, there is nothing to do. If not, see what happened to it; the backups from before it are listed by: berth-server phone snapshots ${name}`,
});
