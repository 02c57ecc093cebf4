import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { available } from './available.js';

const INSTALL_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 240_000;
const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** A package that one of the verifiers in Python stands on. */
interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** What it is imported by, where that is another name. */
  readonly module?: string;
}

const CRYPTOGRAPHY: PythonPackage = { name: 'cryptography', version: '48.0.0' };
const PY_ECC: PythonPackage = { name: 'py_ecc', version: '8.0.0' };
/** A prover of others, under no stated licence: installed by who runs the tests, shipped by nobody. */
const EZKL: PythonPackage = { name: 'ezkl', version: '23.0.5' };
const ONNX: PythonPackage = { name: 'onnx', version: '1.23.2' };
/** What others decode pictures by. */
const PILLOW: PythonPackage = { name: 'pillow', version: '13.0.0', module: 'PIL' };
/** What others make ids of texts by. */
const TOKENIZERS: PythonPackage = { name: 'tokenizers', version: '0.23.3' };
/** The runtime of models in Python; of the version that onnxruntime-node has here. */
const ONNXRUNTIME: PythonPackage = { name: 'onnxruntime', version: '1.30.0' };

type Step = Pick<SpawnSyncReturns<string>, 'status' | 'stderr'>;

/** What kept an environment with the package from being made, and what to install. */
export function missingForPython(
  { name }: Pick<PythonPackage, 'name'>,
  steps: { python: Step; venv?: Step; pip?: Step },
): string {
  const need = `A verifier or prover of others needs python3 with the package ${name}`;
  if (steps.python.status !== 0) return `${need}: install python3.`;
  if (steps.venv && steps.venv.status !== 0)
    return `${need}: install the package python3-venv (or ${name} for python3); venv says: ${lastLine(steps.venv)}`;
  return `${need}: pip could not install it: ${steps.pip ? lastLine(steps.pip) : 'it cannot be imported.'}`;
}

const lastLine = ({ stderr }: Step): string => stderr.trim().split('\n').at(-1) ?? '';

/**
 * A Python that has the package `cryptography`: the one on PATH, else an environment of its own in the cache.
 *
 * @returns undefined where neither can be had; specs then skip what needs it
 */
export function pythonWithCryptography(): string | undefined {
  return pythonWith(CRYPTOGRAPHY);
}

/** As {@link pythonWithCryptography}, with the package `py_ecc`, which has the curve BN254. */
export function pythonWithPyEcc(): string | undefined {
  return pythonWith(PY_ECC);
}

/** A Python with both, as it takes for evidence that holds a proof of an execution. */
export function pythonWithVerifiers(): string | undefined {
  return pythonWith(CRYPTOGRAPHY, PY_ECC);
}

/** A Python with the prover EZKL, and what reads the models that it is given. */
export function pythonWithEzkl(): string | undefined {
  return pythonWith(EZKL, ONNX);
}

/** A Python with Pillow and tokenizers, which prepare inputs for others. */
export function pythonWithPreparation(): string | undefined {
  return pythonWith(PILLOW, TOKENIZERS);
}

/** A Python with onnxruntime. */
export function pythonWithOnnxruntime(): string | undefined {
  return pythonWith(ONNXRUNTIME);
}

function pythonWith(...needed: PythonPackage[]): string | undefined {
  const names = needed.map(({ name }) => name);
  const modules = needed.map(({ name, module = name }) => module);
  const pinned = needed.map(({ name, version }) => `${name}==${version}`);
  const imports = (python: string): boolean =>
    spawnSync(python, ['-c', `import ${modules.join(', ')}`], { timeout: 20_000 }).status === 0;
  if (imports('python3')) return 'python3';
  const folder = join(homedir(), '.cache', 'touchstone', `python-${pinned.join('-').replaceAll('==', '-')}`);
  const python = join(folder, 'bin', 'python');
  if (imports(python)) return python;
  const run = (command: string, ...args: string[]): Step =>
    spawnSync(command, args, { timeout: INSTALL_TIMEOUT_MS, encoding: 'utf8' });
  const steps: Parameters<typeof missingForPython>[1] = { python: run('python3', '--version') };
  if (steps.python.status === 0) steps.venv = run('python3', '-m', 'venv', folder);
  if (steps.venv?.status === 0) steps.pip = run(python, '-m', 'pip', 'install', '--quiet', ...pinned);
  return available(imports(python), missingForPython({ name: names.join(' and ') }, steps))
    ? python
    : undefined;
}

/**
 * Runs a script that may import the verifiers in tools by `sys.path.insert(0, sys.argv[1])`.
 *
 * @param inputs each is a line of JSON on standard input
 * @returns each line of JSON that it prints
 */
export function runPython(
  python: string,
  script: string,
  arguments_: readonly string[],
  inputs: readonly unknown[],
): unknown[] {
  const run = spawnSync(python, ['-B', '-c', script, join(checkout, 'tools'), ...arguments_], {
    encoding: 'utf8',
    input: inputs.map((each) => `${JSON.stringify(each)}\n`).join(''),
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: 512 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(`The independent verifier ended with ${run.status}: ${run.stderr}`);
  return run.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
