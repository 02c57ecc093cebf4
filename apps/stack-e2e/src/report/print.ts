import type { Report } from './report.js';

/** Findings that are printed in full; JSON has all. */
const FINDINGS_SHOWN_MAX = 20;

function table(rows: readonly (readonly string[])[]): string {
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

/** The report as a person reads it. */
export function printReport(report: Report): string {
  const header = [
    'FAULT',
    'ASKED',
    'ACKNOWLEDGED',
    'LOST',
    'DOUBLED',
    'REPEATED',
    'REFUSED',
    'SLOWEST',
    'HAPPENED',
  ];
  const rows = report.phases.map((phase) => [
    phase.name,
    String(phase.asked),
    String(phase.acknowledged),
    String(phase.lost),
    String(phase.doubled),
    String(phase.repeated),
    String(phase.refused),
    `${phase.slowestSeconds.toFixed(1)} s`,
    phase.happened,
  ]);
  const sum = (pick: (phase: Report['phases'][number]) => number): string =>
    String(report.phases.reduce((total, phase) => total + pick(phase), 0));
  const total = [
    'total',
    String(report.asked),
    String(report.acknowledged),
    String(report.lost),
    String(report.doubled),
    sum(({ repeated }) => repeated),
    sum(({ refused }) => refused),
    '',
    '',
  ];
  const checks = report.checks.map(
    ({ name, holds, detail }) => `${holds ? 'holds ' : 'BROKEN'} ${name}: ${detail}`,
  );
  const shown = report.findings.slice(0, FINDINGS_SHOWN_MAX);
  const more = report.findings.length - shown.length;
  return [
    table([header, ...rows, total]),
    '',
    ...checks,
    ...(shown.length > 0 ? ['', ...shown] : []),
    ...(more > 0 ? [`… and ${more} more findings`] : []),
    '',
    `${report.acknowledged} acknowledged, ${report.lost} lost, ${report.doubled} doubled; ` +
      `${report.checks.filter(({ holds }) => holds).length} of ${report.checks.length} checks hold; ` +
      `seed ${report.seed}, ${report.seconds.toFixed(0)} s`,
  ].join('\n');
}
