// Compiles and runs modules in one process, against the packages as they were built.
//   stdin   JSON: [{ "name": "libs/merkle/README.md:9", "code": "import …" }, …]
//   stdout  JSON: { "<name>": "<what is wrong with it>", … }; a module that compiles and runs is not in it
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The repository's own strictness; packages are read as they were built and not from their sources. */
function compilerOptions() {
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const { composite, declaration, declarationMap, sourceMap, customConditions, ...strictness } = options;
  return strictness;
}

/** JavaScript and findings of every module; they lie in the root only for the compiler. */
function compile(modules) {
  const files = new Map(modules.map(({ code }, index) => [`${root}example-${index}.ts`, code]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  const scripts = new Map();
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.writeFile = (path, text) => scripts.set(path, text);
  const program = ts.createProgram([...files.keys()], { ...options, noEmitOnError: false }, host);
  program.emit();
  return modules.map(({ name }, index) => {
    const source = program.getSourceFile(`${root}example-${index}.ts`);
    const findings = ts.getPreEmitDiagnostics(program, source).map(({ messageText, start }) => {
      const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
      return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    return { name, findings, script: scripts.get(`${root}example-${index}.js`) };
  });
}

const loaded = new Map();

/** A package as a module for the examples; all of them share it. */
async function load(specifier) {
  const namespace = await import(specifier);
  const names = Object.keys(namespace);
  return new vm.SyntheticModule(names, function () {
    for (const name of names) this.setExport(name, namespace[name]);
  });
}

function link(specifier) {
  if (!loaded.has(specifier)) loaded.set(specifier, load(specifier));
  return loaded.get(specifier);
}

async function run(name, script) {
  const module = new vm.SourceTextModule(script, { identifier: name });
  await module.link(link);
  await module.evaluate();
}

process.chdir(root);
const wrong = {};
for (const { name, findings, script } of compile(JSON.parse(readFileSync(0, 'utf8')))) {
  try {
    if (findings.length > 0) wrong[name] = findings.join('\n');
    else await run(name, script);
  } catch (error) {
    wrong[name] = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
process.stdout.write(JSON.stringify(wrong));
