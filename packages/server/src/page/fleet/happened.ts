import { html, type Markup } from '../parts/markup.ts';
import { digestTone, icon } from '../parts/tone.ts';
import type { Told } from './told.ts';

/** What happened in the last two days, what is still so first. */
export const happened = ({ events, moreEvents, eventsNote }: Told): Markup => {
  const note = eventsNote === null ? null : html`<p class="sub">${eventsNote}</p>`;
  const body =
    events.length === 0
      ? html`<p>Nothing ${eventsNote === null ? 'happened in the last two days' : 'else is known'}.</p>`
      : html`<ul class="events">${events.map(({ tone, state, title, words }) => {
          const { tone: own, icon: symbol } = digestTone[tone];
          return html`<li>${icon(symbol, own)}<div><b>${title}</b><p class="why">${state}, ${words}</p></div></li>`;
        })}</ul>${moreEvents === 0 ? null : html`<p>… and ${moreEvents} more: <code>berth-server events</code></p>`}`;
  return html`<section class="card" id="events" aria-labelledby="h-events"><h2 id="h-events">Last two days</h2>${note}${body}</section>`;
};
