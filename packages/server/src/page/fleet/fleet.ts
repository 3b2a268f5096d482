import { standings } from '../../digest/standing.ts';
import type { ConditionEvent } from '../../events/condition.ts';
import type { Overview } from '../../monitor/overview.ts';
import { slotWords } from '../../status/when.ts';
import { html, type Markup } from '../parts/markup.ts';
import { bar, digestTone, icon, standingLook, type Tone } from '../parts/tone.ts';
import { count, inWords, sizeWords } from '../parts/words.ts';
import { type Filter, queryOf, shownOf, type Wish, wishes } from './filter.ts';
import { happened } from './happened.ts';
import { needList } from './needs.ts';
import { type Reader, sourceRow } from './row.ts';
import { diskTone, storage, stored } from './storage.ts';
import { timeline } from './timeline.ts';
import { type Stood, stoodOf, type Told, toldOf } from './told.ts';

/** The fleet at a glance, and how it is called in the window's title. */
export const fleetPage = (
  overview: Overview,
  events: readonly ConditionEvent[],
  filter: Filter,
): { readonly main: Markup; readonly title: string; readonly tone: Tone } => {
  const told = toldOf(overview, events);
  const stood = stoodOf(overview);
  const reader = { nowMs: overview.atMs, timeZone: overview.server.timeZone };
  const known = new Set(overview.sources.map(({ name }) => name));
  const main = html`${head(overview, told, stood)}${needList(told, known)}
${fleetTable(stood, filter, reader)}
<div class="two">${timeline(overview)}${storage(overview)}${happened(told)}</div>`;
  return { main, title: told.headline, tone: digestTone[told.tone].tone };
};

const head = (overview: Overview, told: Told, stood: readonly Stood[]): Markup => {
  const { tone, icon: symbol } = digestTone[told.tone];
  const counts = standings
    .map((standing) => ({ standing, count: stood.filter((one) => one.standing === standing).length }))
    .filter(({ count }) => count > 0);
  return html`<section id="verdict" class="verdict ${tone}" data-say="${told.headline}"><h1>${icon(symbol, tone)}${told.headline}</h1>
<ul class="chips" aria-label="Sources by state">${counts.map(
    ({ standing, count }) =>
      html`<li><a href="/?state=${standing}#fleet">${icon(standing, standingLook(standing).tone)}<b>${count}</b> ${standingLook(standing).word}</a></li>`,
  )}</ul>${tiles(overview)}</section>`;
};

const tiles = (overview: Overview): Markup => {
  const { sources, disk, server, atMs, jobs } = overview;
  const running = sources.filter(({ now }) => now.kind === 'running');
  const waiting = sources.filter(({ now }) => now.kind === 'waiting');
  const [next] = sources
    .flatMap(({ name, nextSlotMs, now }) => (nextSlotMs === null || now.kind !== 'idle' ? [] : [{ name, nextSlotMs }]))
    .toSorted((one, other) => one.nextSlotMs - other.nextSlotMs);
  const down = server.coordinator === 'down' || server.coordinatorTrouble !== null;
  return html`<dl class="tiles">
<div><dt>Now</dt><dd>${down ? 'not known' : running.length === 0 ? 'nothing runs' : `${running.length} of ${server.concurrency} running`}</dd><dd class="sub">${
    down
      ? 'the coordinator is down'
      : [
          ...(waiting.length === 0 ? [] : [`${waiting.length} waiting`]),
          ...jobs.slice(0, 2).map(({ source, job }) => `${job} of ${source}`),
        ].join(', ') || 'nobody waits'
  }</dd></div>
<div><dt>Next</dt><dd>${next === undefined ? 'nothing planned' : slotWords(next.nextSlotMs, atMs, server.timeZone)}</dd><dd class="sub">${next?.name ?? ''}</dd></div>
<div><dt>Backups hold</dt><dd>${sizeWords(stored(overview, 'live'))}</dd><dd class="sub">${sizeWords(stored(overview, 'trash'))} in trash</dd></div>
<div><dt>Free</dt><dd>${disk === null ? 'not known' : sizeWords(disk.freeBytes)}</dd><dd class="sub">${
    disk === null
      ? ''
      : html`${bar(1 - disk.freeBytes / Math.max(1, disk.totalBytes), diskTone(disk, atMs))}${disk.fullAtMs === null ? `of ${sizeWords(disk.totalBytes)}` : `full ${inWords(disk.fullAtMs - atMs)}`}`
  }</dd></div></dl>`;
};

/** From here on a browser lays out only the rows that are seen. */
const many = 60;

const wishWords = (wish: Wish): string => (wish === 'running' || wish === 'waiting' ? wish : standingLook(wish).word);

const fleetTable = (stood: readonly Stood[], filter: Filter, reader: Reader): Markup => {
  const { sources, fitting, isTroubleLeft } = shownOf(stood, filter);
  const isFiltered = filter.q !== '' || filter.state !== null;
  return html`<section id="fleet" aria-labelledby="h-fleet"><div class="bar"><h2 id="h-fleet">${isFiltered ? `${fitting} of ${count(stood.length, 'source')}` : count(fitting, 'source')}</h2>
<form action="/#fleet" role="search"><label>Name <input type="search" name="q" value="${filter.q}" maxlength="100"></label><label>State <select name="state"><option value="">any</option>${wishes.map(
    (wish) =>
      html`<option value="${wish}"${filter.state === wish ? html` selected` : null}>${wishWords(wish)}</option>`,
  )}</select></label><button>Show</button>${isFiltered ? html`<a href="/#fleet">all</a>` : null}</form></div>
${
  sources.length === 0
    ? html`<p class="card">${isFiltered ? 'No source is like that.' : html`Add a machine: <code>berth enroll</code> there prints the lines for sources.yaml.`}</p>`
    : html`<table role="table" class="fleet card${sources.length > many ? ' many' : ''}"><caption class="gone">Sources, those in trouble first</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Source</th><th role="columnheader" scope="col">Last success</th><th role="columnheader" scope="col">Now or next</th><th role="columnheader" scope="col">Stored</th><th role="columnheader" scope="col">14 days</th></tr></thead><tbody role="rowgroup">
${sources.map((one) => sourceRow(one, reader))}</tbody></table>`
}${
  fitting > sources.length
    ? html`<p class="more">${fitting - sources.length} more${isTroubleLeft ? '' : ' that nothing is wrong with'}. <a href="/${queryOf({ ...filter, all: true })}#fleet">Show all ${fitting}</a></p>`
    : null
}</section>`;
};
