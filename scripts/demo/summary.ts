import { paint, say } from './screen.ts';
import { mark, type Row } from './story.ts';
import { millis } from './words.ts';

/** The table at the end: every promise, whether it held, how long that took and what it came to. */
export const summary = (rows: readonly Row[], tookMs: number): void => {
  const widths = { what: widest(rows.map(({ what }) => what)), time: widest(rows.map(timeText)) };
  for (const [index, row] of rows.entries()) {
    if (row.part !== rows[index - 1]?.part) say(`\n${paint('bold', row.part)}`);
    const result = row.state === 'broken' ? paint('red', row.result) : row.result;
    const time = paint('dim', timeText(row).padStart(widths.time));
    say(`  ${mark(row)} ${row.what.padEnd(widths.what)}  ${time}  ${result}`);
  }
  say(`\n${verdict(rows)} ${paint('dim', `in ${millis(tookMs)}`)}`);
};

const timeText = ({ state, tookMs }: Row): string => (state === 'not-promised' ? '' : millis(tookMs));

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));

const verdict = (rows: readonly Row[]): string => {
  const broken = rows.filter(({ state }) => state === 'broken').length;
  const held = rows.filter(({ state }) => state === 'held').length;
  return broken === 0
    ? paint(['bold', 'green'], `All ${held} promises held`)
    : paint(['bold', 'red'], `${broken} of ${held + broken} promises broken`);
};
