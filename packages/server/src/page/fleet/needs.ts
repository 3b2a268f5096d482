import type { Need } from '../../digest/model.ts';
import { remedyParts } from '../../digest/remedy.ts';
import { html, type Markup } from '../parts/markup.ts';
import { icon, severityLook } from '../parts/tone.ts';
import { sourcePath } from './row.ts';
import type { Told } from './told.ts';

/** What needs doing, the worst first. `known` are the sources that have a page. */
export const needList = ({ needs, moreNeeds }: Told, known: ReadonlySet<string>): Markup | null =>
  needs.length === 0
    ? null
    : html`<section id="todo" aria-labelledby="h-todo"><h2 id="h-todo">What needs doing</h2><ol class="todos">${needs.map(
        (need) => card(need, known),
      )}</ol>${moreNeeds === 0 ? null : html`<p>… and ${moreNeeds} more: <code>berth-server events</code></p>`}</section>`;

const mostLinks = 8;

const card = ({ severity, title, texts, since, remedies, sources }: Need, known: ReadonlySet<string>): Markup => {
  const { word, tone, icon: symbol } = severityLook[severity];
  const linked = sources.filter((source) => known.has(source));
  return html`<li class="card todo ${tone}"><h3>${icon(symbol, tone)}<span>${title}</span><span class="tag ${tone}">${word}</span></h3>
${texts.map((text) => html`<p>${text}</p>`)}${remedies.map((remedy) => html`<p class="do">${remedyWords(remedy)}</p>`)}
<p class="sub">${since} ${linked
    .slice(0, mostLinks)
    .map(
      (source) => html`<a href="${sourcePath(source)}">${source}</a> `,
    )}${linked.length > mostLinks ? `and ${linked.length - mostLinks} more` : null}</p></li>`;
};

/** A remedy with its commands set apart, as they are typed. */
export const remedyWords = (remedy: string): Markup =>
  html`${remedyParts(remedy).map(({ words, command }) => html`${words} ${command === null ? null : html`<code>${command}</code> `}`)}`;
