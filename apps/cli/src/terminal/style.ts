const enabled = (stream: NodeJS.WriteStream): boolean =>
  stream.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';

const wrap =
  (code: number) =>
  (text: string, stream: NodeJS.WriteStream = process.stdout): string =>
    enabled(stream) ? `\u001b[${code}m${text}\u001b[0m` : text;

export const green = wrap(32);
export const red = wrap(31);
export const dim = wrap(2);
export const bold = wrap(1);

/** Lays rows out in columns; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
