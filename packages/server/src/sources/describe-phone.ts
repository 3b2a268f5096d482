import { formatDuration } from '@berth/common/duration.ts';
import { type Change, changeOf, said } from './change.ts';
import type { Ingest, Media, Source } from './source.ts';

/** What the server does for a phone: `backs up /volume1/phones/lisa, mirrors DCIM to /volume1/photos/lisa every 1m`; empty for a machine. */
export const phoneWord = ({ ingest, media }: Pick<Source, 'ingest' | 'media'>): string =>
  ingest === null ? '' : `backs up ${ingest.folder}, ${mirrorWord(media)}`;

/** What changes of a phone's folder and of its mirror, one effect a line; none where nothing does. */
export const describePhone = (
  name: string,
  ingest: Change<Ingest | null> | null,
  media: Change<Media | null> | null,
): readonly string[] => [
  ...(ingest === null ? [] : describeIngest(name, ingest)),
  ...(media === null ? [] : describeMedia(name, media)),
];

const describeIngest = (name: string, { from, to }: Change<Ingest | null>): readonly string[] => {
  if (from === null || to === null) {
    return to === null
      ? [`~ ${name}: the server backs up no folder for it any more; what is stored stays`]
      : [`~ ${name}: the server itself backs up ${to.folder}`];
  }
  const what = `${name}: ingest`;
  return [
    ...said(`${what} folder`, changeOf(from.folder, to.folder), String),
    ...said(`${what} password_file`, changeOf(from.passwordFile, to.passwordFile), String),
    ...said(`${what} group`, changeOf(from.group, to.group), (group) => (group === null ? 'none' : String(group))),
    ...said(`${what} exclude`, changeOf(from.exclude, to.exclude), listWord),
    ...said(`${what} settle`, changeOf(from.settleMs, to.settleMs), formatDuration),
    ...said(`${what} unseen_after`, changeOf(from.unseenAfterMs, to.unseenAfterMs), (millis) =>
      millis === null ? 'never' : formatDuration(millis),
    ),
    ...describeSyncthing(`${what} syncthing`, from.syncthing, to.syncthing),
  ];
};

type Syncthing = Ingest['syncthing'];

const describeSyncthing = (what: string, from: Syncthing, to: Syncthing): readonly string[] => {
  if (from === null || to === null) return said(what, changeOf(from, to), syncthingWord);
  return [
    ...said(`${what} url`, changeOf(from.url, to.url), String),
    ...said(`${what} api_key_file`, changeOf(from.apiKeyFile, to.apiKeyFile), String),
    ...said(`${what} folder_id`, changeOf(from.folderId, to.folderId), String),
    ...said(`${what} certificate_file`, changeOf(from.certificateFile, to.certificateFile), (file) => file ?? 'none'),
  ];
};

const syncthingWord = (syncthing: Syncthing): string =>
  syncthing === null ? 'none' : `${syncthing.folderId} at ${syncthing.url}`;

const describeMedia = (name: string, { from, to }: Change<Media | null>): readonly string[] => {
  if (to === null) return [`~ ${name}: is not mirrored any more; what is in ${from?.to} stays`];
  if (from === null) return [`~ ${name}: ${mirrorWord(to)}`];
  const what = `${name}: media`;
  const moved = changeOf(from.to, to.to);
  return [
    ...said(`${what} from`, changeOf(from.from, to.from), listWord),
    ...said(`${what} to`, moved, String).map(
      (line) => `${line}: begins anew there, what is in ${from.to} stays and is no longer added to`,
    ),
    ...said(`${what} every`, changeOf(from.everyMs, to.everyMs), formatDuration),
    ...said(`${what} layout`, changeOf(from.layout, to.layout), String),
    ...said(`${what} readable_by`, changeOf(from.readableBy, to.readableBy), String),
    ...said(`${what} types`, changeOf(from.types, to.types), String),
  ];
};

const mirrorWord = (media: Media | null): string => {
  if (media === null) return 'no mirror';
  const what = media.types === 'all' ? 'every file' : 'photos and videos';
  const where = media.from.includes('.') ? '' : ` of ${listWord(media.from)}`;
  const layout = media.layout === 'by-date' ? ' by date' : '';
  return `mirrors ${what}${where} to ${media.to}${layout} every ${formatDuration(media.everyMs)}`;
};

const listWord = (list: readonly string[]): string => (list.length === 0 ? 'none' : list.join(', '));
