// Proves that the module boundaries hold for shipped code, where the lint rule alone cannot:
// 1. probes: known violations must be reported, because the rule skips itself when the project graph is missing;
// 2. every shipped import of a workspace package is among the package's `dependencies`, not `devDependencies`;
// 3. no service ships the development token;
// 4. shipped files form no cycle of packages (nx mixes specs into its edges, so the rule ignores such paths).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import ts from 'typescript';

const PACKAGES = '@nx/enforce-module-boundaries';
const LAYERS = 'no-restricted-imports';
const root = fileURLToPath(new URL('..', import.meta.url));
const findings = [];

const probes = [
  { file: 'apps/signer/src/probe.ts', imports: '@touchstone/testing', why: 'an app ships no test library' },
  {
    file: 'apps/signer/src/probe.ts',
    imports: '@touchstone/embedded',
    why: 'an app ships no development stack',
  },
  { file: 'apps/proof-service/src/probe.ts', imports: '@touchstone/evm', why: 'a chain is not its business' },
  {
    file: 'libs/evidence/src/probe.ts',
    imports: '@touchstone/work',
    why: 'who verifies offline runs no loops',
  },
  {
    file: 'apps/signer/src/probe.ts',
    imports: '../../inference-gateway/src/config.js',
    why: 'apps never import apps',
  },
  {
    file: 'libs/crypto/src/probe.ts',
    imports: '@touchstone/merkle',
    why: 'crypto and merkle would form a cycle',
  },
  {
    file: 'libs/evidence/src/probe.ts',
    imports: '@touchstone/postgres',
    why: 'core imports no platform library',
  },
  { file: 'libs/merkle/src/probe.ts', imports: 'rxjs', why: 'core imports no framework' },
  {
    file: 'libs/merkle/src/probe.ts',
    imports: '../../crypto/src/index.js',
    why: 'packages are imported by name',
  },
  ...[
    ['domain/probe.ts', '../adapters/rpc.js', 'the domain knows no edge'],
    ['domain/part/probe.ts', '../../transport/http/answers.js', 'the domain knows no edge'],
    ['domain/probe.ts', '../config.js', 'the domain does not know what wires it'],
    ['domain/probe.ts', '@nestjs/common', 'the domain knows no framework'],
    ['transport/http/probe.ts', '../../persistence/store.js', 'transports speak with the domain'],
    ['adapters/chain/probe.ts', '../../transport/http/answers.js', 'adapters speak with the domain'],
    ['persistence/probe.ts', '../adapters/rpc.js', 'persistence speaks with the domain'],
    ['config.ts', './adapters/rpc.js', 'the configuration knows the domain alone'],
  ].map(([file, imports, why]) => ({ file: `apps/signer/src/${file}`, imports, why, rule: LAYERS })),
];

async function probe() {
  const eslint = new ESLint({ cwd: root });
  for (const { file, imports, why, rule = PACKAGES } of probes) {
    const text = `import { value } from '${imports}';\nconsole.log(value);\n`;
    const [result] = await eslint.lintText(text, { filePath: join(root, file) });
    if (!result?.messages.some((message) => message.ruleId === rule)) {
      findings.push(`${rule} does not report '${imports}' in ${file} (${why}): the rule is not in force.`);
    }
  }
}

function shippedFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return shippedFiles(path);
    return /\.(?:ts|m?js)$/.test(entry.name) && !/\.spec\.ts$/.test(entry.name) ? [path] : [];
  });
}

const DEVELOPMENT_TOKEN = '@touchstone/evm-contracts/test-token';

function packageImports(file, isApp) {
  return ts
    .preProcessFile(readFileSync(file, 'utf8'))
    .importedFiles.map(({ fileName }) => {
      if (isApp && fileName === DEVELOPMENT_TOKEN) {
        findings.push(
          `${file.slice(root.length)} imports ${fileName}: a service ships no development token.`,
        );
      }
      return /^@touchstone\/[^/]+/.exec(fileName)?.[0];
    })
    .filter((name) => name !== undefined);
}

/** Edges of shipped code: package name → names of the packages that its shipped files import. */
function shippedEdges() {
  const edges = new Map();
  for (const group of ['libs', 'apps']) {
    for (const name of readdirSync(join(root, group))) {
      const folder = join(root, group, name);
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const targets = new Set();
      const isApp = manifest.nx?.tags?.includes('type:app') === true;
      for (const part of readdirSync(folder).filter((entry) => ['src', 'bin', 'worker'].includes(entry))) {
        for (const file of shippedFiles(join(folder, part))) {
          for (const target of packageImports(file, isApp)) {
            targets.add(target);
            if (manifest.dependencies?.[target] === undefined) {
              findings.push(
                `${file.slice(root.length)} imports ${target}, which ${manifest.name} does not list.`,
              );
            }
          }
        }
      }
      edges.set(manifest.name, targets);
    }
  }
  return edges;
}

function findCycles(edges) {
  const finished = new Set();
  const visit = (name, path) => {
    const start = path.indexOf(name);
    if (start >= 0) {
      findings.push(`Cycle among shipped packages: ${[...path.slice(start), name].join(' → ')}`);
      return;
    }
    if (finished.has(name)) return;
    for (const target of edges.get(name) ?? []) visit(target, [...path, name]);
    finished.add(name);
  };
  for (const name of edges.keys()) visit(name, []);
}

await probe();
findCycles(shippedEdges());
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
