import { formatDuration, isMillis } from '@berth/common/duration.ts';
import type { OverviewSource, TrendDay } from '../../monitor/overview.ts';
import { forHowLong } from '../../status/age.ts';
import { agoWords, slotWords } from '../../status/when.ts';
import { html, type Markup } from '../parts/markup.ts';
import { bar, icon, standingLook, type Tone } from '../parts/tone.ts';
import { count, sizeWords } from '../parts/words.ts';
import type { Stood } from './told.ts';

/** By which clock a source is shown. */
export interface Reader {
  readonly nowMs: number;
  readonly timeZone: string;
}

/** Where a source's own page is. */
export const sourcePath = (name: string): string => `/sources/${encodeURIComponent(name)}`;

/** A source in the table: how it is, how fresh, what it does, how large, and its last fortnight. */
export const sourceRow = ({ source, standing }: Stood, reader: Reader): Markup => {
  const { name, state, words } = source;
  const { word, tone } = standingLook(standing);
  return html`<tr role="row" id="s-${name}" data-say="${name} is ${nowSay(source) ?? word}">
<th role="rowheader" scope="row">${icon(standing, tone)}<a href="${sourcePath(name)}">${name}</a> <span class="${tone}">${word}</span>${
    words === null || state === 'never' ? null : html`<p class="why">${words.slice(0, 300)}</p>`
  }</th>
<td role="cell">${freshness(source, reader)}</td>
<td role="cell">${nowWords(source, reader)}</td>
<td role="cell">${sizes(source)}</td>
<td role="cell">${trend(source.trend)}</td></tr>
`;
};

const nowSay = ({ now }: OverviewSource): string | null => (now.kind === 'idle' ? null : now.kind);

/** Its age against its own cadence: full is overdue, and the tick is when the next should have come. */
export const freshness = (source: OverviewSource, { nowMs }: Reader): Markup => {
  const { lastSuccessMs, everyMs } = source;
  const share = shareOf(source, nowMs);
  const tick = everyMs < source.overdueAfterMs ? everyMs / source.overdueAfterMs : null;
  return html`${bar(share, toneOf(source, share), tick)}${
    lastSuccessMs === null
      ? 'never'
      : html`<time datetime="${new Date(lastSuccessMs).toISOString()}">${agoWords(lastSuccessMs, nowMs)}</time>`
  } <small>of ${durationWords(source.overdueAfterMs)}</small>`;
};

const shareOf = ({ overdueAtMs, overdueAfterMs }: OverviewSource, nowMs: number): number =>
  overdueAfterMs <= 0 ? 1 : 1 - (overdueAtMs - nowMs) / overdueAfterMs;

/** A slot may be an hour or two late without meaning anything. */
const toneOf = ({ everyMs, overdueAfterMs, lastSuccessMs }: OverviewSource, share: number): Tone => {
  if (share >= 1) return 'bad';
  if (lastSuccessMs === null) return 'idle';
  return share * overdueAfterMs > everyMs * 1.25 ? 'warn' : 'ok';
};

/** A span as sources.yaml writes it: `1d`, `2h30m`. */
export const durationWords = (ms: number): string => {
  const whole = Math.round(ms);
  return isMillis(whole) ? formatDuration(whole) : '–';
};

/** What it does now; when it does nothing, when it will. */
export const nowWords = ({ now, nextSlotMs, access, everyMs }: OverviewSource, reader: Reader): Markup => {
  const { nowMs, timeZone } = reader;
  if (now.kind === 'running') {
    const percent = now.percent === null ? null : Math.floor(now.percent);
    return html`${percent === null ? null : bar(percent / 100, 'idle')}${icon('running', 'idle')}<b>running${percent === null ? null : ` ${percent} %`}</b><br><small>${now.step ?? ''} for ${forHowLong(nowMs - now.sinceMs)}</small>`;
  }
  if (now.kind === 'waiting')
    return html`${icon('waiting', 'idle')}<b>waiting</b><br><small>place ${now.position} in the queue</small>`;
  if (access === 'sftp') return html`by itself<br><small>about every ${durationWords(everyMs)}</small>`;
  if (nextSlotMs === null) return html`<small>no slot known</small>`;
  return html`${slotWords(nextSlotMs, nowMs, timeZone)}`;
};

const sizes = ({ stored, quotaBytes }: OverviewSource): Markup => {
  if (stored === null) return html`<small>not known</small>`;
  const percent = stored.quotaPercent;
  const quota =
    percent === null || quotaBytes === null ? null : html`<small>${percent} % of ${sizeWords(quotaBytes)}</small>`;
  return html`${percent === null || percent < 80 ? null : bar(percent / 100, quotaTone(percent))}${sizeWords(stored.live.bytes)} ${quota}${
    stored.trash.bytes === 0 ? null : html`<br><small>${sizeWords(stored.trash.bytes)} in trash</small>`
  }`;
};

/** As the conditions quota-80 and quota-95 have it. */
export const quotaTone = (percent: number): Tone => (percent >= 95 ? 'bad' : percent >= 80 ? 'warn' : 'idle');

/** Fourteen days: a bar up is a success and how much it stored, a bar down a failure, a dot silence. Shapes, not only colours. */
export const trend = (days: readonly TrendDay[]): Markup => {
  const most = Math.max(1, ...days.map(({ bytesStored }) => bytesStored));
  const paths = { good: '', warned: '', failed: '', none: '' };
  days.forEach(({ outcome, bytesStored }, index) => {
    const [x, height] = [index * 8, 4 + Math.round((bytesStored / most) * 12)];
    if (outcome === 'failed') paths.failed += `M${x} 18h6v6h-6z`;
    else if (outcome === 'none') paths.none += `M${x + 2} 16h2v2h-2z`;
    else paths[outcome] += `M${x} 18h6v-${height}h-6z`;
  });
  const looks = { good: 'ok', warned: 'warn', failed: 'bad', none: 'idle' } as const;
  return html`<svg class="trend" role="img" viewBox="0 0 110 26" aria-label="${trendWords(days)}">${Object.entries(
    looks,
  ).map(([outcome, tone]) => {
    const path = paths[outcome === 'good' || outcome === 'warned' || outcome === 'failed' ? outcome : 'none'];
    return path === '' ? null : html`<path class="${tone}" d="${path}"/>`;
  })}</svg>`;
};

const trendWords = (days: readonly TrendDay[]): string => {
  const number = (outcome: TrendDay['outcome']): number => days.filter((day) => day.outcome === outcome).length;
  const said = (['good', 'warned', 'failed', 'none'] as const)
    .filter((outcome) => number(outcome) > 0)
    .map((outcome) => `${number(outcome)} ${outcome === 'none' ? 'silent' : outcome}`);
  return `${count(days.length, 'day')}: ${said.join(', ')}`;
};
