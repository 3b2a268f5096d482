import type { SizeDay } from '../../monitor/state.ts';
import { chart } from '../parts/chart.ts';
import { html, type Markup } from '../parts/markup.ts';
import { shortDay, sizeWords } from '../parts/words.ts';

/** How large it was, live and with its trash on top, and the same as a table. */
export const sizesOverTime = (sizes: readonly SizeDay[]): Markup => {
  const [first, last] = [sizes[0], sizes.at(-1)];
  const body =
    first === undefined || last === undefined || sizes.length < 2
      ? html`<p class="sub">Known from the second day on.</p>`
      : html`${drawn(sizes, first, last)}<p class="keys"><span class="key live">live</span> <span class="key trash">trash</span></p>
<details id="sizes-table"><summary>As a table</summary><table class="plain"><caption class="gone">Sizes by day</caption><thead><tr><th scope="col">Day</th><th scope="col">Live</th><th scope="col">Trash</th><th scope="col">Snapshots</th></tr></thead><tbody>${sizes
          .toReversed()
          .slice(0, mostListed)
          .map(
            ({ day, liveBytes, trashBytes, snapshots }) =>
              html`<tr><td>${shortDay(day)}</td><td>${sizeWords(liveBytes)}</td><td>${sizeWords(trashBytes)}</td><td>${snapshots}</td></tr>`,
          )}</tbody></table></details>`;
  return html`<section class="card" id="sizes" aria-labelledby="h-sizes"><h2 id="h-sizes">Size over time</h2>${body}</section>`;
};

const mostListed = 31;

const drawn = (sizes: readonly SizeDay[], first: SizeDay, last: SizeDay): Markup => {
  const most = Math.max(1, ...sizes.map(({ liveBytes, trashBytes }) => liveBytes + trashBytes)) * 1.1;
  const [fromMs, toMs] = [Date.parse(first.day), Date.parse(last.day)];
  const x = ({ day }: SizeDay): number => (toMs === fromMs ? 0 : (Date.parse(day) - fromMs) / (toMs - fromMs));
  const words = `Live on ${shortDay(first.day)}: ${sizeWords(first.liveBytes)}; on ${shortDay(last.day)}: ${sizeWords(last.liveBytes)}, and ${sizeWords(last.trashBytes)} in trash.`;
  return chart(
    words,
    [
      { look: 'area2', points: sizes.map((size) => [x(size), (size.liveBytes + size.trashBytes) / most] as const) },
      { look: 'cover', points: sizes.map((size) => [x(size), size.liveBytes / most] as const) },
      { look: 'area', points: sizes.map((size) => [x(size), size.liveBytes / most] as const) },
      { look: 'line', points: sizes.map((size) => [x(size), size.liveBytes / most] as const) },
    ],
    {
      ...{ top: sizeWords(most), bottom: '0' },
      labels: [
        { x: 0, text: shortDay(first.day) },
        { x: 1, text: shortDay(last.day) },
      ],
    },
  );
};
