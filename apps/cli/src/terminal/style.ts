import { printableLine } from './printable.js';

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

/**
 * Lays rows out in columns; the last column is not padded. Much of what stands in tables comes from services, models and
 * bundles, so every cell is made {@link printableLine}.
 */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(printableLine));
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
