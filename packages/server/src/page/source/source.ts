import type { Report } from '@berth/common/report.ts';
import type { RunOutline } from '../../coordinator/reports/outline.ts';
import type { ConditionEvent } from '../../events/condition.ts';
import type { Overview, OverviewSource } from '../../monitor/overview.ts';
import type { SizeDay } from '../../monitor/state.ts';
import { happened } from '../fleet/happened.ts';
import { needList } from '../fleet/needs.ts';
import { freshness, nowWords, quotaTone, trend } from '../fleet/row.ts';
import { stoodOf, toldOfSource } from '../fleet/told.ts';
import { html, type Markup } from '../parts/markup.ts';
import { bar, icon, standingLook, type Tone } from '../parts/tone.ts';
import { count, dayWords, sizeWords, stampWords } from '../parts/words.ts';
import { facts } from './facts.ts';
import { phoneCard } from './phone.ts';
import { reportView } from './report.ts';
import { restoring } from './restoring.ts';
import { runsTable } from './runs.ts';
import { sizesOverTime } from './sizes.ts';

/** What a source's page shows beside the overview. */
export interface SourceDetail {
  readonly runs: readonly RunOutline[];
  /** The run whose report is shown; null where there is none to show. */
  readonly run: RunOutline | null;
  /** Null where it is no longer kept. */
  readonly report: Report | null;
  readonly sizes: readonly SizeDay[];
  readonly events: readonly ConditionEvent[];
}

/** All that is known of one source, and how its page is called. */
export const sourcePage = (
  overview: Overview,
  source: OverviewSource,
  detail: SourceDetail,
): { readonly main: Markup; readonly title: string; readonly tone: Tone } => {
  const { name, words } = source;
  const [stood] = stoodOf({ sources: [source], conditions: overview.conditions });
  const standing = stood?.standing ?? source.state;
  const { word, tone } = standingLook(standing);
  const reader = { nowMs: overview.atMs, timeZone: overview.server.timeZone };
  const told = toldOfSource(overview, source, detail.events);
  const main = html`<nav class="crumbs" aria-label="Where you are"><a href="/">All sources</a></nav>
<section class="verdict ${tone}" id="verdict" data-say="${name} is ${source.now.kind === 'idle' ? word : source.now.kind}"><h1>${icon(standing, tone)}${name} <span class="${tone}">${word}</span></h1>${
    words === null ? null : html`<p class="lead">${words.slice(0, 1000)}</p>`
  }${tiles(overview, source)}</section>
${needList(told, new Set())}
${detail.run === null ? null : reportView(detail.run, detail.report, reader)}
<div class="two"><div>${sizesOverTime(detail.sizes)}${restoring(source, overview)}</div><div>${phoneCard(source, reader)}${facts(source, reader)}${told.events.length === 0 && told.eventsNote === null ? null : happened(told)}</div></div>
${runsTable(source, detail.runs, reader)}`;
  return { main, title: `${name}: ${word}`, tone };
};

const tiles = (overview: Overview, source: OverviewSource): Markup => {
  const { atMs, server } = overview;
  const reader = { nowMs: atMs, timeZone: server.timeZone };
  const { stored, quotaBytes, oldestSnapshotMs, newestSnapshotMs, lastGood } = source;
  const snapshots = stored?.snapshots ?? lastGood?.snapshots ?? null;
  const percent = stored?.quotaPercent ?? null;
  return html`<dl class="tiles">
<div><dt>Last success</dt><dd>${freshness(source, reader)}</dd><dd class="sub">${source.lastSuccessMs === null ? '' : stampWords(source.lastSuccessMs, atMs, server.timeZone)}</dd></div>
<div><dt>Now or next</dt><dd>${nowWords(source, reader)}</dd><dd class="sub">${overdueWords(source, reader)}</dd></div>
<div><dt>Stored</dt><dd>${stored === null ? 'not known' : sizeWords(stored.live.bytes)}</dd><dd class="sub">${
    percent === null || quotaBytes === null
      ? ''
      : html`${bar(percent / 100, quotaTone(percent))}${percent} % of ${sizeWords(quotaBytes)}, with trash. `
  }${stored === null ? '' : `${sizeWords(stored.trash.bytes)} in trash`}</dd></div>
<div><dt>Snapshots held</dt><dd>${snapshots ?? 'not known'}</dd><dd class="sub">${
    oldestSnapshotMs === null
      ? ''
      : `from ${dayWords(oldestSnapshotMs, server.timeZone)}${newestSnapshotMs === null ? '' : ` to ${dayWords(newestSnapshotMs, server.timeZone)}`}`
  }</dd></div>
<div><dt>${count(source.trend.length, 'day')}</dt><dd>${trend(source.trend)}</dd><dd class="sub">up: a success; down: a failure; dot: silence</dd></div></dl>`;
};

const overdueWords = (
  { overdueAtMs }: OverviewSource,
  { nowMs, timeZone }: { readonly nowMs: number; readonly timeZone: string },
): string => `overdue ${overdueAtMs <= nowMs ? 'since' : 'from'} ${stampWords(overdueAtMs, nowMs, timeZone)}`;
