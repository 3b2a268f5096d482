import type { Overview } from '../../monitor/overview.ts';
import { slotWords } from '../../status/when.ts';
import { html, type Markup } from '../parts/markup.ts';
import { clockWords, count } from '../parts/words.ts';
import { lanesOf, plannedOf, type Slot } from './lanes.ts';
import { durationWords, sourcePath } from './row.ts';

/** The next runs as lanes over a clock, and the same as a table. */
export const timeline = ({ sources, server, atMs }: Overview): Markup => {
  const all = plannedOf(sources, atMs);
  const lanes = lanesOf(all.slice(0, mostLaned));
  const [first] = all;
  if (first === undefined)
    return section(html`<p>No run is planned within the next day.</p>`, 'Nothing is planned within the next day.');
  const span = spanOf(all.slice(0, mostLaned), first, atMs);
  const words = `${count(all.length, 'run')} within the next day, at most ${server.concurrency} at once. First ${first.source}, ${slotWords(first.startsAtMs, atMs, server.timeZone)}.${all.length > mostLaned ? ` The first ${mostLaned} are drawn.` : ''}`;
  const height = Math.min(lanes.length, mostLanes) * laneHeight;
  return section(
    html`<svg class="lanes" role="img" aria-label="${words} The table below says the same." width="100%" height="${height + 22}">${hours(span, server.timeZone, height)}${lanes
      .slice(0, mostLanes)
      .map((lane, index) =>
        lane.slice(0, mostDrawn).map((slot, place) => drawn(slot, lane[place + 1], span, index)),
      )}</svg>
<details id="slots"><summary>As a table</summary>${table(all, server.timeZone, atMs)}</details>`,
    words,
  );
};

const section = (body: Markup, words: string): Markup =>
  html`<section class="card" aria-labelledby="h-slots" id="tonight"><h2 id="h-slots">Next runs</h2><p class="sub">${words}</p>${body}</section>`;

const laneHeight = 30;
/** More at once than fit the eye: a fleet whose windows are far too narrow. The table has them. */
const mostLanes = 8;
const mostDrawn = 300;
/** What a day of the largest fleet comes to is a million. */
const mostLaned = mostLanes * mostDrawn;
const mostListed = 60;
const hourMs = 3_600_000;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From now, or from just before the first where that is far off, to the end of the last; at least six hours. */
const spanOf = (slots: readonly Slot[], { startsAtMs: firstMs }: Slot, nowMs: number): Span => {
  const lastMs = slots.reduce((last, { endsAtMs }) => Math.max(last, endsAtMs), firstMs);
  const fromMs = firstMs - nowMs > 2 * hourMs ? firstMs - hourMs / 2 : nowMs;
  return { fromMs, toMs: Math.min(fromMs + 26 * hourMs, Math.max(fromMs + 6 * hourMs, lastMs)) };
};

const percent = (ms: number, { fromMs, toMs }: Span): number => (ms / (toMs - fromMs)) * 100;
const fixed = (value: number): string => value.toFixed(2).replace(/\.?0+$/, '');

const drawn = (slot: Slot, next: Slot | undefined, span: Span, lane: number): Markup => {
  const x = percent(slot.startsAtMs - span.fromMs, span);
  const width = Math.max(0.25, percent(slot.endsAtMs - slot.startsAtMs, span));
  const room = percent((next?.startsAtMs ?? span.toMs) - slot.endsAtMs, span);
  const y = lane * laneHeight;
  // Its name stands in it, or else beside it where the lane is free for long enough; else the table has it.
  const needed = 0.8 + 0.64 * slot.source.length;
  const label = (from: number, wide: number): Markup =>
    html`<svg x="${fixed(from)}%" y="${y}" width="${fixed(wide)}%" height="${laneHeight}"><text x="5" y="17">${slot.source}</text></svg>`;
  const name = width >= needed ? label(x, width) : room >= needed ? label(x + width, room - 0.3) : null;
  return html`<rect x="${fixed(x)}%" y="${y + 3}" width="${fixed(width)}%" height="20" rx="3"><title>${slot.source}</title></rect>${name}`;
};

/** A line at full hours of its clock: each on a short night, else every third; a phone names every other. */
const hours = (span: Span, timeZone: string, height: number): readonly Markup[] => {
  const marks: Markup[] = [];
  const step = span.toMs - span.fromMs <= 10 * hourMs ? 1 : 3;
  // Zones of half hours have their full hours elsewhere.
  const minutes = Number(clockWords(span.fromMs, timeZone).slice(3));
  const firstMs = span.fromMs + ((60 - minutes) % 60) * 60_000 - (span.fromMs % 60_000);
  for (let atMs = firstMs; atMs <= span.toMs; atMs += hourMs) {
    const clock = clockWords(atMs, timeZone);
    const hour = Number(clock.slice(0, 2));
    if (hour % step !== 0) continue;
    const at = percent(atMs - span.fromMs, span);
    const x = fixed(at);
    marks.push(
      html`<line x1="${x}%" x2="${x}%" y1="0" y2="${height + 4}"/><text class="${hour % (2 * step) === 0 ? 'h' : 'h odd'}" x="${x}%" y="${height + 18}" text-anchor="${at < 6 ? 'start' : at > 94 ? 'end' : 'middle'}">${clock}</text>`,
    );
  }
  return marks;
};

const table = (slots: readonly Slot[], timeZone: string, nowMs: number): Markup =>
  html`<table class="plain"><caption class="gone">Runs of the next 24 hours</caption><thead><tr><th scope="col">When</th><th scope="col">Source</th><th scope="col">Takes about</th></tr></thead><tbody>${slots
    .slice(0, mostListed)
    .map(
      ({ source, startsAtMs, endsAtMs }) =>
        html`<tr><td>${slotWords(startsAtMs, nowMs, timeZone)}</td><td><a href="${sourcePath(source)}">${source}</a></td><td>${durationWords(Math.round((endsAtMs - startsAtMs) / 60_000) * 60_000)}</td></tr>`,
    )}</tbody></table>${slots.length > mostListed ? html`<p>… and ${slots.length - mostListed} more.</p>` : null}`;
