import type { Disk, Overview } from '../../monitor/overview.ts';
import { chart } from '../parts/chart.ts';
import { html, type Markup } from '../parts/markup.ts';
import { bar, type Tone } from '../parts/tone.ts';
import { dayWords, inWords, shortDay, sizeWords } from '../parts/words.ts';

/** How full the disk is, how it came to that, and when it is full. */
export const storage = (overview: Overview): Markup => {
  const { disk, atMs, server } = overview;
  const [live, trash] = [stored(overview, 'live'), stored(overview, 'trash')];
  const holds = html`<p class="sub">Backups hold ${sizeWords(live)}, their trash ${sizeWords(trash)} more.</p>`;
  const body =
    disk === null
      ? html`<p>The disk can not be read.</p>${holds}`
      : html`<p class="big">${sizeWords(disk.freeBytes)} free <small>of ${sizeWords(disk.totalBytes)}</small></p>${bar(usedShare(disk), diskTone(disk, atMs))}<p class="sub">${forecastWords(disk, atMs, server.timeZone)}</p>${holds}${trendChart(disk, atMs, server.timeZone)}`;
  return html`<section class="card" id="storage" aria-labelledby="h-storage"><h2 id="h-storage">Storage</h2>${body}</section>`;
};

/** Of all sources together, as their reviews found it. */
export const stored = ({ sources }: Overview, what: 'live' | 'trash'): number =>
  sources.reduce((sum, source) => sum + (source.stored?.[what].bytes ?? 0), 0);

const usedShare = ({ totalBytes, freeBytes }: Disk): number =>
  totalBytes <= 0 ? 0 : (totalBytes - freeBytes) / totalBytes;

const dayMs = 86_400_000;

/** How urgent the disk is: soon full is a warning a month before. */
export const diskTone = (disk: Disk, nowMs: number): Tone => {
  if (usedShare(disk) > 0.95) return 'bad';
  const isSoon = disk.fullAtMs !== null && disk.fullAtMs - nowMs < 30 * dayMs;
  return isSoon || usedShare(disk) > 0.85 ? 'warn' : 'idle';
};

/** When it is full at this rate, in words. */
const forecastWords = ({ fullAtMs }: Disk, nowMs: number, timeZone: string): string =>
  fullAtMs === null
    ? 'It does not fill at the rate of the last days, or too little is known to say.'
    : fullAtMs <= nowMs
      ? 'It is full now.'
      : `At the rate of the last days it is full ${inWords(fullAtMs - nowMs)}, on ${dayWords(fullAtMs, timeZone)}.`;

const trendChart = (disk: Disk, nowMs: number, timeZone: string): Markup | null => {
  const [first, last] = [disk.days[0], disk.days.at(-1)];
  if (first === undefined || last === undefined || disk.days.length < 2) return null;
  const fromMs = Date.parse(first.day);
  const lastMs = Date.parse(last.day);
  // The forecast is drawn where it is near enough to be believed.
  const aheadMs = disk.fullAtMs !== null && disk.fullAtMs - nowMs < 400 * dayMs ? disk.fullAtMs : null;
  const toMs = Math.max(lastMs + dayMs, aheadMs ?? lastMs);
  const x = (ms: number): number => (ms - fromMs) / (toMs - fromMs);
  const y = (bytes: number): number => Math.min(1, bytes / disk.totalBytes);
  const points = disk.days.map(({ day, usedBytes }) => [x(Date.parse(day)), y(usedBytes)] as const);
  const words = `Used on ${shortDay(first.day)}: ${sizeWords(first.usedBytes)}; on ${shortDay(last.day)}: ${sizeWords(last.usedBytes)}. ${forecastWords(disk, nowMs, timeZone)}`;
  return chart(
    words,
    [
      { look: 'area', points },
      { look: 'line', points },
      ...(aheadMs === null
        ? []
        : [{ look: 'ahead', points: [[x(lastMs), y(last.usedBytes)] as const, [x(aheadMs), 1] as const] } as const]),
    ],
    {
      ...{ top: sizeWords(disk.totalBytes), bottom: '0' },
      labels: [
        { x: 0, text: shortDay(first.day) },
        ...(x(lastMs) > 0.3 && x(lastMs) < 0.7 ? [{ x: x(lastMs), text: 'today' }] : []),
        ...(aheadMs === null ? [] : [{ x: 1, text: `full ${dayWords(aheadMs, timeZone).slice(4)}` }]),
      ],
    },
  );
};
