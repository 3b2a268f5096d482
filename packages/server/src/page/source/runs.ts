import type { Report } from '@berth/common/report.ts';
import type { RunOutline } from '../../coordinator/reports/outline.ts';
import type { OverviewSource } from '../../monitor/overview.ts';
import { forHowLong } from '../../status/age.ts';
import { type Reader, sourcePath } from '../fleet/row.ts';
import { html, type Markup } from '../parts/markup.ts';
import { type Icon, icon, type Tone } from '../parts/tone.ts';
import { sizeWords, stampWords } from '../parts/words.ts';

/** What an outcome is called, and how bad it is. */
export const outcomeLook: Readonly<
  Record<Report['outcome'], { readonly word: string; readonly tone: Tone; readonly icon: Icon }>
> = {
  ok: { word: 'ok', tone: 'ok', icon: 'fine' },
  incomplete: { word: 'incomplete', tone: 'warn', icon: 'warned' },
  failed: { word: 'failed', tone: 'bad', icon: 'failing' },
  cancelled: { word: 'cancelled', tone: 'warn', icon: 'never' },
  busy: { word: 'another ran', tone: 'idle', icon: 'waiting' },
};

/** The last runs, the newest first; each leads to its report. */
export const runsTable = (source: OverviewSource, runs: readonly RunOutline[], reader: Reader): Markup =>
  html`<section id="runs" aria-labelledby="h-runs"><h2 id="h-runs">Runs</h2>${
    runs.length === 0
      ? html`<p class="card">${source.access === 'sftp' ? 'It uploads files by itself: there are no runs to show.' : 'No run has been reported yet.'}</p>`
      : html`<table class="plain card runs"><caption class="gone">The last ${runs.length} runs, the newest first</caption><thead><tr><th scope="col">Ended</th><th scope="col">Outcome</th><th scope="col">Took</th><th scope="col" class="lo">Read</th><th scope="col" class="lo">Added</th><th scope="col">Stored</th><th scope="col" class="lo">Pruned</th><th scope="col" class="lo">Snapshots</th></tr></thead><tbody>
${runs.map((run) => row(source.name, run, reader))}</tbody></table>`
  }</section>`;

const row = (name: string, run: RunOutline, { nowMs, timeZone }: Reader): Markup => {
  const look = outcomeLook[run.outcome];
  const warnings = run.warnings === 0 ? null : html` <small>${run.warnings} warn.</small>`;
  return html`<tr><td><a href="${sourcePath(name)}?run=${encodeURIComponent(run.run)}#report">${stampWords(run.endedAtMs, nowMs, timeZone)}</a></td><td>${icon(look.icon, look.tone)}${look.word}${run.dryRun ? ' (dry)' : ''}${warnings}</td><td>${forHowLong(run.durationMs)}</td><td class="lo">${sizeWords(run.bytesRead)}</td><td class="lo">${sizeWords(run.bytesAdded)}</td><td>${sizeWords(run.bytesStored)}</td><td class="lo">${sizeWords(run.bytesPruned)}</td><td class="lo">${run.snapshots ?? '–'}</td></tr>
`;
};
