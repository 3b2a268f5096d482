import type { ContainerRef } from '../containers/containers.ts';
import type { EngineName } from '../databases/engine.ts';
import type { Place } from '../databases/place.ts';
import { isSameFamily, known } from './known.ts';
import type { Running } from './running.ts';

/** What of an entry of `databases:` says which database it means. */
export interface EntryPlace {
  readonly engine: EngineName;
  readonly at?: Place;
  readonly url?: string | null;
  readonly file?: string;
  readonly also?: readonly string[];
}

/** Whether one of the entries means this one. In doubt it does: a proposal to dump twice is no help. */
export const isCovered = (running: Running, entries: readonly EntryPlace[]): boolean =>
  entries.some((entry) => isSameFamily(entry.engine, running.engine) && isMeant(running, entry));

const isMeant = ({ at, engine }: Running, entry: EntryPlace): boolean => {
  const place = entry.at ?? { kind: 'host' };
  if (at.kind === 'file')
    return [entry.file, ...(entry.also ?? [])].some((path) => path !== undefined && isAtOrBelow(path, at.path));
  if (at.kind === 'container') {
    const published = at.container?.published.map(({ port }) => port) ?? [];
    if (place.kind === 'container') return isNamed(place.container, at);
    const port = portOf(entry, engine);
    return (entry.url != null || place.kind === 'tcp') && port !== null && published.includes(port);
  }
  if (place.kind === 'container' && entry.url == null) return false;
  if (place.kind === 'socket') return at.socket === null || isSocket(place.path, at.socket);
  return at.port === null || portOf(entry, engine) === at.port;
};

/** A folder means the usual port to PostgreSQL: another server's socket in it is another server's. */
const isSocket = (written: string, found: string): boolean => {
  const [one, other] = [written, found].map((path) => path.replace(/^\/var\/run\//, '/run/').replace(/\/$/, ''));
  return one === other || `${one}/.s.PGSQL.5432` === other;
};

const isAtOrBelow = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);

const isNamed = (ref: ContainerRef, { id, container }: Extract<Running['at'], { kind: 'container' }>): boolean => {
  if ('name' in ref) return ref.name === container?.name || (ref.name.length >= 12 && id.startsWith(ref.name));
  return container?.compose?.project === ref.project && container.compose.service === ref.service;
};

const portOf = ({ at, url }: EntryPlace, engine: EngineName): number | null => {
  const usual = known.find((one) => one.engine === engine)?.port ?? null;
  if (url != null) {
    const parsed = URL.parse(url);
    return parsed === null || parsed.port === '' ? usual : Number(parsed.port);
  }
  return at?.kind === 'tcp' ? (at.port ?? usual) : usual;
};
