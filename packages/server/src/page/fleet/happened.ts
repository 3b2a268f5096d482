import type { ConditionEvent } from '../../events/condition.ts';
import { forHowLong } from '../../status/age.ts';
import { agoWords } from '../../status/when.ts';
import { html, type Markup } from '../parts/markup.ts';
import { icon, severityLook } from '../parts/tone.ts';
import { type Reader, sourcePath } from './row.ts';
import { titleOf } from './todo.ts';

/** What became of one condition in the last two days. */
export interface Happened {
  readonly last: ConditionEvent;
  /** How often it was raised. */
  readonly times: number;
}

/** The events, one for each condition, the newest first: what flaps is one line with its number. */
export const happenedOf = (events: readonly ConditionEvent[]): readonly Happened[] => {
  const byKey = new Map<string, Happened>();
  for (const event of events) {
    const times = (byKey.get(event.key)?.times ?? 0) + (event.event === 'raised' ? 1 : 0);
    // Anew, so that it stands where its newest event stands.
    byKey.delete(event.key);
    byKey.set(event.key, { last: event, times });
  }
  return [...byKey.values()].reverse();
};

const most = 25;

/** What happened in the last two days. */
export const happened = (events: readonly ConditionEvent[], known: ReadonlySet<string>, reader: Reader): Markup => {
  const all = happenedOf(events);
  const body =
    all.length === 0
      ? html`<p>Nothing happened in the last two days.</p>`
      : html`<ul class="events">${all.slice(0, most).map((one) => line(one, known, reader))}</ul>${
          all.length > most ? html`<p>… and ${all.length - most} more: <code>berth-server events</code></p>` : null
        }`;
  return html`<section class="card" id="events" aria-labelledby="h-events"><h2 id="h-events">Last two days</h2>${body}</section>`;
};

const line = ({ last, times }: Happened, known: ReadonlySet<string>, { nowMs }: Reader): Markup => {
  const { source, severity, event, code, openMs, at, text } = last;
  const isOver = event === 'resolved';
  const said = {
    raised: 'began',
    worse: 'got worse',
    better: 'got better',
    resolved: `over after ${forHowLong(openMs)}`,
  };
  return html`<li>${isOver ? icon('fine', 'ok') : icon(severity === 'critical' ? 'failing' : severity === 'warning' ? 'warned' : 'notice', severityLook[severity].tone)}<div><b>${titleOf(code)}</b> ${
    source === null ? null : known.has(source) ? html`<a href="${sourcePath(source)}">${source}</a>` : source
  } <small>${said[event]} ${agoWords(Date.parse(at), nowMs)}${times > 1 ? `, ${times} times` : ''}</small>${isOver ? null : html`<p class="why">${text.slice(0, 300)}</p>`}</div></li>`;
};
