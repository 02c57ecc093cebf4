// Measures how much of each package its own specs, but the exhaustive ones, reach, and fails where that is less than the floor in tools/coverage.json.
//   npm run coverage                    all packages, one after the other
//   npm run coverage -- merkle crypto   the named ones
//   npm run coverage -- --update        raises the floors that were passed; none is ever lowered
// A package is measured by its own specs alone, so that its figure does not depend on what runs beside it. What runs in processes
// of its own (a bundle) is not measured.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const FILES_NAMED_MAX = 5;
const KINDS = ['branches', 'lines'];
const root = fileURLToPath(new URL('..', import.meta.url));
const floorsFile = `${root}tools/coverage.json`;

/** Folder of each package, by name. */
const folders = new Map(
  ['libs', 'apps'].flatMap((group) =>
    readdirSync(`${root}${group}`)
      .filter((name) => existsSync(`${root}${group}/${name}/package.json`))
      .map((name) => [name, `${group}/${name}`]),
  ),
);

function fail(text) {
  process.stdout.write(`coverage: ${text}\n`);
  process.exitCode = 1;
}

/** Percent of a count in a report; what has none is covered. */
const percent = ({ total, pct }) => (total === 0 ? 100 : pct);

/**
 * The floor of a figure: its whole percents, since in services the time of an event decides some branches.
 * Rounding down makes 100 mean everything.
 */
const floorOf = (figure) => Math.floor(figure);

/**
 * Runs the specs of a package but the exhaustive ones.
 *
 * @returns its figures in percent and its files, or what Jest wrote if a spec failed
 */
function measure(name) {
  const directory = `${root}coverage/${name}`;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  // Not V8's own counters: they leave out the branches of functions that never ran and count files of types alone as lines that
  // never ran. These find exactly the branches of the sources (docs/adr/0018-coverage-floors.md).
  const counters = ['--coverage', '--coverageProvider', 'babel', '--coverageDirectory', directory];
  const reporters = ['json', 'json-summary'].flatMap((reporter) => ['--coverageReporters', reporter]);
  const counted = [`${folders.get(name)}/src/**/*.ts`, '!**/*.spec.ts'];
  const result = spawnSync(
    process.execPath,
    [
      `${root}tools/jest.mjs`,
      ...['--selectProjects', name, '--passWithNoTests', ...counters, ...reporters],
      ...['--testPathIgnorePatterns', '[.]exhaustive[.]spec'],
      ...counted.flatMap((pattern) => ['--collectCoverageFrom', pattern]),
    ],
    { cwd: root, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX },
  );
  if (result.status !== 0) {
    return { output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}` };
  }
  const read = (file) => JSON.parse(readFileSync(`${directory}/${file}`, 'utf8'));
  const { total, ...files } = read('coverage-summary.json');
  return {
    figures: Object.fromEntries(KINDS.map((kind) => [kind, percent(total[kind])])),
    files: Object.entries(files).map(([path, summary]) => ({ path, ...summary })),
    counts: read('coverage-final.json'),
  };
}

/** Lines of a file on which a branch begins that no spec took, or a statement that none reached. */
function missedLines({ branchMap, b, statementMap, s }) {
  const branches = Object.keys(b).filter((id) => b[id].includes(0));
  const statements = Object.keys(s).filter((id) => s[id] === 0);
  const lines = [
    ...branches.map((id) => branchMap[id].loc.start.line),
    ...statements.map((id) => statementMap[id].start.line),
  ];
  return [...new Set(lines)].sort((one, other) => one - other);
}

/** The files that cost the package most: those with most branches and lines not reached. */
function lowestFiles({ files, counts }) {
  const missing = (file) => KINDS.reduce((sum, kind) => sum + file[kind].total - file[kind].covered, 0);
  return files
    .filter((file) => missing(file) > 0)
    .sort((one, other) => missing(other) - missing(one))
    .slice(0, FILES_NAMED_MAX)
    .map((file) => {
      const figures = KINDS.map((kind) => `${kind} ${percent(file[kind])} %`).join(', ');
      return `  ${file.path.slice(root.length)}: ${figures}; see lines ${missedLines(counts[file.path]).join(', ')}\n`;
    })
    .join('');
}

function raised(floor, figures) {
  return Object.fromEntries(
    KINDS.map((kind) => [kind, Math.max(floor?.[kind] ?? 0, floorOf(figures[kind]))]),
  );
}

/** Measures a package, says what it found and fails if that is less than the floor. */
function judge(name, floor) {
  const started = performance.now();
  const measured = measure(name);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (measured.output !== undefined) {
    process.stdout.write(measured.output);
    fail(`the specs of ${name} did not pass.`);
    return undefined;
  }
  const { figures } = measured;
  const said = KINDS.map((kind) => `${kind} ${figures[kind]} % (floor ${floor?.[kind] ?? 'none'})`).join(
    ', ',
  );
  process.stdout.write(`${name}: ${said}; ${seconds} s\n`);
  const fallen = floor ? KINDS.filter((kind) => figures[kind] < floor[kind]) : [];
  if (fallen.length > 0) {
    const what = fallen.map((kind) => `${kind} ${figures[kind]} % of at least ${floor[kind]} %`).join(', ');
    fail(`${name} fell under its floor: ${what}. Write the missing specs; the least covered files are`);
    process.stdout.write(lowestFiles(measured));
  }
  return figures;
}

function main(given) {
  const update = given.includes('--update');
  const named = given.filter((argument) => argument !== '--update');
  const unknown = named.filter((name) => !folders.has(name));
  if (unknown.length > 0) {
    process.stderr.write(
      `coverage: no package ${unknown.join(', ')}. Packages: ${[...folders.keys()].join(', ')}; option: --update.\n`,
    );
    process.exit(2);
  }
  const floors = JSON.parse(readFileSync(floorsFile, 'utf8'));
  const left = Object.keys(floors).filter((name) => !folders.has(name));
  if (left.length > 0) fail(`tools/coverage.json names ${left.join(', ')}, which is no package.`);
  for (const name of named.length > 0 ? named : folders.keys()) {
    const figures = judge(name, floors[name]);
    if (figures === undefined) continue;
    if (update) {
      floors[name] = raised(floors[name], figures);
      // Written after each package, so that a run that is stopped keeps what it measured.
      const sorted = Object.fromEntries(
        Object.entries(floors).sort(([one], [other]) => (one < other ? -1 : 1)),
      );
      writeFileSync(floorsFile, `${JSON.stringify(sorted, null, 2)}\n`);
    } else if (floors[name] === undefined) {
      fail(`${name} has no floor: run \`npm run coverage -- ${name} --update\`.`);
    }
  }
}

main(process.argv.slice(2));
