import type { ConditionEvent } from '../../events/condition.ts';
import type { Overview } from '../../monitor/overview.ts';
import { agoWords, slotWords } from '../../status/when.ts';
import { html, type Markup } from '../parts/markup.ts';
import { bar, icon, severityLook, stateLook } from '../parts/tone.ts';
import { count, inWords, sizeWords } from '../parts/words.ts';
import { type Filter, queryOf, shownOf, type Wish, wishes } from './filter.ts';
import { happened } from './happened.ts';
import { type Reader, sourcePath, sourceRow } from './row.ts';
import { diskTone, storage, stored } from './storage.ts';
import { timeline } from './timeline.ts';
import { type Todo, todosOf } from './todo.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** The fleet at a glance, and how it is called in the window's title. */
export const fleetPage = (
  overview: Overview,
  events: readonly ConditionEvent[],
  filter: Filter,
): { readonly main: Markup; readonly verdict: Verdict } => {
  const todos = todosOf(overview);
  const verdict = verdictOf(overview, todos);
  const reader = { nowMs: overview.atMs, timeZone: overview.server.timeZone };
  const known = new Set(overview.sources.map(({ name }) => name));
  const main = html`${head(overview, verdict)}${todos.length === 0 ? null : todoList(todos, known, reader)}
${fleetTable(overview, filter, reader)}
<div class="two">${timeline(overview)}${storage(overview)}${happened(events, known, reader)}</div>`;
  return { main, verdict };
};

const head = (
  overview: Overview,
  { tone, icon: symbol, words, counts }: Verdict,
): Markup => html`<section id="verdict" class="verdict ${tone}" data-say="${words}"><h1>${icon(symbol, tone)}${words}</h1>
<ul class="chips" aria-label="Sources by state">${counts.map(
  ({ state, count }) =>
    html`<li><a href="/?state=${state}#fleet">${icon(state, stateLook[state].tone)}<b>${count}</b> ${stateLook[state].word}</a></li>`,
)}</ul>${tiles(overview)}</section>`;

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

const mostTodos = 12;
const mostItems = 5;

/** What needs doing, as cards; also a source's page has them. */
export const todoList = (todos: readonly Todo[], known: ReadonlySet<string>, reader: Reader): Markup =>
  html`<section id="todo" aria-labelledby="h-todo"><h2 id="h-todo">What needs doing</h2><ol class="todos">${todos
    .slice(0, mostTodos)
    .map((todo) => card(todo, known, reader))}</ol>${
    todos.length > mostTodos
      ? html`<p>… and ${todos.length - mostTodos} more: <code>berth-server events</code></p>`
      : null
  }</section>`;

const card = ({ severity, title, items, remedies }: Todo, known: ReadonlySet<string>, { nowMs }: Reader): Markup => {
  const { word, tone } = severityLook[severity];
  return html`<li class="card todo ${tone}"><h3>${icon(severity === 'critical' ? 'failing' : severity === 'warning' ? 'warned' : 'notice', tone)}${title}<span class="tag ${tone}">${word}</span></h3>
<ul>${items
    .slice(0, mostItems)
    .map(
      ({ source, text, sinceMs }) =>
        html`<li>${
          source === null
            ? null
            : known.has(source)
              ? html`<a href="${sourcePath(source)}">${source}</a>: `
              : `${source}: `
        }${text.slice(0, 600)}${sinceMs === null ? null : html` <small>${agoWords(sinceMs, nowMs)}</small>`}</li>`,
    )}</ul>${items.length > mostItems ? html`<p class="sub">… and ${items.length - mostItems} more</p>` : null}${remedies
    .slice(0, 3)
    .map((remedy) => html`<p class="do">${remedy.slice(0, 800)}</p>`)}</li>`;
};

/** From here on a browser lays out only the rows that are seen. */
const many = 60;

const wishWords = (wish: Wish): string => (wish === 'running' || wish === 'waiting' ? wish : stateLook[wish].word);

const fleetTable = (overview: Overview, filter: Filter, reader: Reader): Markup => {
  const { sources, fitting } = shownOf(overview.sources, filter);
  const isFiltered = filter.q !== '' || filter.state !== null;
  return html`<section id="fleet" aria-labelledby="h-fleet"><div class="bar"><h2 id="h-fleet">${isFiltered ? `${fitting} of ${count(overview.sources.length, 'source')}` : count(fitting, 'source')}</h2>
<form action="/#fleet" role="search"><label>Name <input type="search" name="q" value="${filter.q}" maxlength="100"></label><label>State <select name="state"><option value="">any</option>${wishes.map(
    (wish) =>
      html`<option value="${wish}"${filter.state === wish ? html` selected` : null}>${wishWords(wish)}</option>`,
  )}</select></label><button>Show</button>${isFiltered ? html`<a href="/#fleet">all</a>` : null}</form></div>
${
  sources.length === 0
    ? html`<p class="card">${isFiltered ? 'No source is like that.' : html`Add a machine: <code>berth enroll</code> there prints the lines for sources.yaml.`}</p>`
    : html`<table role="table" class="fleet card${sources.length > many ? ' many' : ''}"><caption class="gone">Sources, those in trouble first</caption><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Source</th><th role="columnheader" scope="col">Last success</th><th role="columnheader" scope="col">Now or next</th><th role="columnheader" scope="col">Stored</th><th role="columnheader" scope="col">14 days</th></tr></thead><tbody role="rowgroup">
${sources.map((source) => sourceRow(source, reader))}</tbody></table>`
}${
  fitting > sources.length
    ? html`<p class="more">${fitting - sources.length} more that nothing is wrong with. <a href="/${queryOf({ ...filter, all: true })}#fleet">Show all ${fitting}</a></p>`
    : null
}</section>`;
};
