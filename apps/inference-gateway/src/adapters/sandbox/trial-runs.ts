import { AppError, type CanonicalTensor, type ModelDatatype, type TensorSpec } from '@touchstone/contracts';
import { elementBytes } from '@touchstone/evidence';
import { tensorOfContents } from '../../domain/request/raw-contents.js';
import { INPUT_ELEMENTS_MAX } from '../../domain/request/request-limits.js';

/** Sizes that are tried for what a file leaves open, until one runs: small ones, and those of common images. */
const TRIAL_SIZES = [1, 2, 3, 4, 8, 16, 32, 224] as const;

/** Numbers of dimensions that are tried for an input whose file declares none. */
const TRIAL_RANKS = [1, 2, 3, 4, 0] as const;

/** Runs that show how an output changes with the sizes of the inputs. */
const RUNS_WANTED = 2;

/** Runs a model on inputs. @throws AppError */
type Run = (inputs: readonly CanonicalTensor[]) => Promise<readonly CanonicalTensor[]>;

/** What came of the trial: the outputs of each run, or why none of them ran. */
export type Trial =
  | { readonly ran: readonly (readonly CanonicalTensor[])[] }
  | { readonly ran: undefined; readonly tried: number; readonly error: unknown };

/**
 * Runs a model on zeros, in sizes that are tried one after the other where the file leaves them open, until two runs
 * have shown what it gives. A model whose sizes are fixed runs once.
 *
 * @param timeMs milliseconds within which a further run may begin
 */
export async function tryOut(run: Run, inputs: readonly TensorSpec[], timeMs: number): Promise<Trial> {
  const ran: (readonly CanonicalTensor[])[] = [];
  const startedMs = performance.now();
  let [tried, failure]: [number, unknown] = [0, undefined];
  for (const shapes of trialShapes(inputs)) {
    if (tried > 0 && performance.now() - startedMs > timeMs) break;
    tried += 1;
    try {
      ran.push(await run(inputs.map((spec, index) => zeros(spec, shapes[index] ?? []))));
    } catch (error) {
      // Another size helps where the runtime refuses this one, not where a run takes too long or ends its process.
      if (!isRefusal(error)) {
        failure = error;
        break;
      }
      failure ??= error;
    }
    if (ran.length === RUNS_WANTED) break;
  }
  return ran.length > 0 ? { ran } : { ran: undefined, tried, error: failure };
}

function isRefusal(error: unknown): boolean {
  return error instanceof AppError && error.message.startsWith('The runtime refused');
}

/** Shapes for all inputs together, none of them twice and none that a request could not carry. */
export function* trialShapes(inputs: readonly TensorSpec[]): Generator<readonly (readonly number[])[]> {
  const seen = new Set<string>();
  for (const rank of inputs.some(({ shape }) => !shape) ? TRIAL_RANKS : [0]) {
    for (const size of TRIAL_SIZES) {
      // What comes first is often the number of rows, and the others have to fit each other.
      for (const first of [1, size]) {
        const shapes = inputs.map(({ shape = new Array<number>(rank).fill(-1) }) =>
          shape.map((fixed, index) => (fixed !== -1 ? fixed : index === 0 ? first : size)),
        );
        const key = JSON.stringify(shapes);
        if (seen.has(key) || !shapes.every((shape) => elementsOf(shape) <= INPUT_ELEMENTS_MAX)) continue;
        seen.add(key);
        yield shapes;
      }
    }
  }
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The zero of every datatype is made of bytes that are zero. */
function zeros({ name, datatype }: TensorSpec, shape: readonly number[]): CanonicalTensor {
  const raw = new Uint8Array(elementsOf(shape) * elementBytes[datatype as ModelDatatype]);
  return tensorOfContents({ name, datatype, shape: [...shape] }, raw);
}
