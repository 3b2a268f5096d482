import { z } from 'zod';
import { type FolderStatus, folderStatusSchema, type SyncthingEvent } from './answers.ts';

/**
 * The events that are asked for. Syncthing keeps a buffer of a thousand for each such list, from the first time that list was asked
 * for, so its words and their order stay. FolderSummary comes only while somebody asks with it in the list. ConfigSaved is not
 * among them: it carries the whole configuration, with its secrets.
 */
export const watchedEvents = [
  ...['ItemFinished', 'StateChanged', 'FolderSummary', 'FolderPaused', 'FolderResumed'],
  ...['DevicePaused', 'DeviceResumed', 'DeviceConnected', 'DeviceDisconnected'],
] as const;

/** What there is to do after events. */
export interface News {
  /** The newest id; the next question is for what comes after it. */
  readonly since: number;
  /** Nothing that was not known: time is up, or it says what it has said before. */
  readonly isNone: boolean;
  /** Some were lost: more happened than it keeps. Whatever was known may be otherwise. */
  readonly hasGap: boolean;
  /** Files have arrived or gone. */
  readonly hasChanged: boolean;
  /** The folder, as the newest of them say; what it was where they say nothing. */
  readonly status: FolderStatus;
  /** What else has to be asked: nothing, who is connected, or everything. */
  readonly ask: 'nothing' | 'devices' | 'everything';
}

/** Ids rise by one: https://docs.syncthing.net/dev/events.html */
export const newsOf = (
  events: readonly SyncthingEvent[],
  known: { readonly since: number; readonly status: FolderStatus; readonly folderId: string },
): News => {
  const fresh = events.filter(({ id }) => id > known.since).sort((one, other) => one.id - other.id);
  let news: News = {
    ...{ since: known.since, isNone: fresh.length === 0, hasGap: false, hasChanged: false },
    ...{ status: known.status, ask: 'nothing' },
  };
  for (const event of fresh) {
    const hasGap = news.hasGap || event.id > news.since + 1;
    news = withEvent({ ...news, since: event.id, hasGap }, event, known.folderId);
  }
  return news;
};

const withEvent = (news: News, { type, data }: SyncthingEvent, folderId: string): News => {
  switch (type) {
    case 'ItemFinished': {
      const read = itemFinished.safeParse(data);
      // One that failed has changed nothing; its name is the phone's, so whoever mirrors looks for itself.
      const isOurs = read.success && read.data.folder === folderId && (read.data.error ?? '') === '';
      return isOurs ? { ...news, hasChanged: true } : news;
    }
    case 'StateChanged': {
      const read = stateChanged.safeParse(data);
      if (!read.success || read.data.folder !== folderId) return news;
      const { from, to, error } = read.data;
      const status = { ...news.status, state: to, error: to === 'error' ? error : '' };
      return { ...news, status, ...(from === 'error' || to === 'error' ? { ask: 'everything' } : {}) };
    }
    case 'FolderSummary': {
      const read = folderSummary.safeParse(data);
      return read.success && read.data.folder === folderId ? { ...news, status: read.data.summary } : news;
    }
    case 'FolderPaused':
    case 'FolderResumed': {
      const read = folderPaused.safeParse(data);
      return read.success && read.data.id !== folderId ? news : { ...news, ask: 'everything' };
    }
    case 'DevicePaused':
    case 'DeviceResumed':
    case 'DeviceConnected':
    case 'DeviceDisconnected':
      return news.ask === 'nothing' ? { ...news, ask: 'devices' } : news;
    default:
      return news;
  }
};

/** https://docs.syncthing.net/events/itemfinished.html */
const itemFinished = z.object({ folder: z.string(), error: z.string().nullish() });
/** https://docs.syncthing.net/events/statechanged.html */
const stateChanged = z.object({ folder: z.string(), from: z.string(), to: z.string(), error: z.string().default('') });
/** https://docs.syncthing.net/events/foldersummary.html */
const folderSummary = z.object({ folder: z.string(), summary: folderStatusSchema });
/** https://docs.syncthing.net/events/folderpaused.html */
const folderPaused = z.object({ id: z.string() });
