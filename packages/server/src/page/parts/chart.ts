import { html, type Markup } from './markup.ts';

/** One line or area of a chart: points by x and y, both 0 to 1, y upwards. Null leaves a gap. */
export interface Curve {
  /** `area2` lies above `area`, which a `cover` parts from it. */
  readonly look: 'area' | 'area2' | 'cover' | 'line' | 'ahead';
  readonly points: readonly (readonly [number, number] | null)[];
}

export interface ChartLabel {
  /** 0 to 1, from the left. */
  readonly x: number;
  readonly text: string;
}

/**
 * A chart that is as wide as its place while its labels keep their size: numbers are shares of the width, never pixels. `words` says what it
 * shows to whoever does not see it. `top` and `bottom` are what the highest and the lowest place mean.
 */
export const chart = (
  words: string,
  curves: readonly Curve[],
  { labels, top, bottom }: { readonly labels: readonly ChartLabel[]; readonly top: string; readonly bottom: string },
): Markup => html`<svg class="chart" role="img" aria-label="${words}" width="100%" height="170">
<svg y="14" width="100%" height="132" viewBox="0 0 1000 1000" preserveAspectRatio="none"><path class="grid" d="M0 0H1000M0 500H1000M0 1000H1000"/>${curves.map(path)}</svg>
<text class="y" x="2" y="10">${top}</text><text class="y" x="2" y="142">${bottom}</text>
${labels.map(
  ({ x, text }) =>
    html`<text x="${(x * 100).toFixed(1)}%" y="163" text-anchor="${x < 0.1 ? 'start' : x > 0.9 ? 'end' : 'middle'}">${text}</text>`,
)}</svg>`;

const path = ({ look, points }: Curve): Markup => {
  const isArea = look === 'area' || look === 'area2' || look === 'cover';
  const d = runsOf(points)
    .map((run) => {
      const line = run.map(([x, y]) => `${Math.round(x * 1000)} ${Math.round(1000 - y * 1000)}`).join('L');
      const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
      return isArea ? `M${Math.round(first * 1000)} 1000L${line}L${Math.round(last * 1000)} 1000z` : `M${line}`;
    })
    .join('');
  return html`<path class="${look}" d="${d}"/>`;
};

/** What is known in one piece: a day that nobody looked at is a gap, not a fall to nothing. */
const runsOf = (points: Curve['points']): readonly (readonly (readonly [number, number])[])[] => {
  const runs: (readonly [number, number])[][] = [[]];
  for (const point of points) {
    if (point === null) runs.push([]);
    else runs.at(-1)?.push(point);
  }
  return runs.filter((run) => run.length > 0);
};
