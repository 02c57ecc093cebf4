// Writes rows as one table for a reader.

/** @param {import('./row.mjs').Row} row @returns {boolean | null} `null` for a row without a goal */
export function isGoalMet(row) {
  if (!row.goal) return null;
  const figure = row[row.goal.of];
  if (typeof figure !== 'number') return false;
  return figure >= (row.goal.min ?? Number.NEGATIVE_INFINITY) && figure <= (row.goal.max ?? Infinity);
}

/** @param {import('./row.mjs').Row[]} rows */
export function formatTable(rows) {
  const cells = [
    ['BENCHMARK', 'OURS', 'BASELINE', 'RATIO', 'GOAL', ''],
    ...rows.map((row) => [
      row.name,
      figure(row.ours, row.unit),
      row.baseline === null ? '–' : `${figure(row.baseline, row.unit)}  ${row.baselineName}`,
      row.ratio === null ? '–' : row.ratio.toFixed(2),
      goalText(row),
      { true: 'met', false: 'missed', null: '' }[isGoalMet(row)],
    ]),
  ];
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

function goalText({ goal, unit }) {
  if (!goal) return '–';
  const bound = goal.min === undefined ? `≤ ${goal.max}` : `≥ ${goal.min}`;
  return goal.of === 'ratio' ? `ratio ${bound}` : `${bound}${unit === '/s' ? unit : ` ${unit}`}`;
}

function figure(value, unit) {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const number = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === '/s' ? `${number}/s` : `${number} ${unit}`;
}
