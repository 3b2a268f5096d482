import { type DumpsOutline, dumpsWords } from '../../coordinator/reports/dumps.ts';
import { html, type Markup } from '../parts/markup.ts';

/** Of a source's databases, in a line; one that was not copied is red. */
export const dumpsPiece = (dumps: DumpsOutline): Markup =>
  dumps.failingCount > 0 ? html`<b class="bad">${dumpsWords(dumps)}</b>` : html`${dumpsWords(dumps)}`;
