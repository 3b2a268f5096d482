import { mirrorWords, syncthingWords } from '../../ingest/phone-words.ts';
import type { OverviewSource } from '../../monitor/overview.ts';
import { agoWords } from '../../status/when.ts';
import type { Reader } from '../fleet/row.ts';
import { html, type Markup, type Piece } from '../parts/markup.ts';
import { count, stampWords } from '../parts/words.ts';
import { terms } from './facts.ts';

/** Of a phone: where its files arrive, what Syncthing says of them, and how its mirror goes. Null for every machine. */
export const phoneCard = ({ ingest, phone }: OverviewSource, reader: Reader): Markup | null => {
  if (ingest === null) return null;
  const ago = (atMs: number): string => agoWords(atMs, reader.nowMs);
  return html`<section class="card" id="phone" aria-labelledby="h-phone"><h2 id="h-phone">The phone</h2>${terms([
    ['arrives in', html`<code>${ingest.folder}</code>${arrivalWords[phone?.ingest ?? 'ok']}`],
    ['seen', syncthingWords(ingest, phone, ago) ?? 'nobody asks Syncthing'],
    ...(ingest.mirror === null
      ? []
      : ([
          ['mirror', html`<code>${ingest.mirror.folder}</code>`],
          ['last 24 hours', mirrorWords(ingest, phone, ago)],
          ...mirrorTerms(phone?.mirror ?? null, reader),
        ] as const)),
  ])}</section>`;
};

const arrivalWords = {
  ok: null,
  missing: html` <b class="bad">missing</b>`,
  unreadable: html` <b class="bad">can not be read</b>`,
};

const mirrorTerms = (
  mirror: NonNullable<OverviewSource['phone']>['mirror'],
  { nowMs, timeZone }: Reader,
): readonly (readonly [string, Piece])[] => {
  if (mirror === null) return [];
  const { last, at, goodAt, failures } = mirror;
  const pass = (moment: string | null): string =>
    moment === null
      ? 'never'
      : `${agoWords(Date.parse(moment), nowMs)}, ${stampWords(Date.parse(moment), nowMs, timeZone)}`;
  return [
    ['last complete', pass(goodAt)],
    ...(failures === 0
      ? []
      : [['last tried', html`${pass(at)}, <b class="bad">failed ${count(failures, 'time')}</b>`] as const]),
    ...(last === null
      ? []
      : ([
          ['deleted on the phone, kept here', count(last.gone, 'file')],
          ...(last.skipped === 0
            ? []
            : [
                [
                  'left out',
                  `${count(last.skipped, 'name')} that ${last.skipped === 1 ? 'is' : 'are'} no file: links, devices, sockets`,
                ] as const,
              ]),
        ] as const)),
  ];
};
