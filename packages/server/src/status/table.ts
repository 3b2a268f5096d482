import { stripVTControlCharacters } from 'node:util';

/** Rows of cells as lines, each column as wide as its widest cell and two spaces from the next. Cells may be coloured. */
export const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => `${cell}${' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))}`)
      .join('  ')
      .trimEnd(),
  );
};

const widthOf = (cell: string): number => stripVTControlCharacters(cell).length;
