// EZKL on a model in whole numbers by the example adapter, with its key made beforehand: what is timed is a proof and nothing else.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { givenFile } from '@touchstone/prover-adapter';
import { checkout } from './programs.mjs';

const script = `
import json, sys, time
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import ezkl, ezkl_prover
model, folder = json.loads(sys.argv[2]), sys.argv[3]
circuit = ezkl_prover.Circuit(model, folder)
path = circuit.path
print(circuit.rows, flush=True)
circuit.write("input", {"input_data": [[at % 251 % 17 for at in range(784)], [0] * ezkl_prover.LIMBS]})
ezkl.gen_witness(path("input"), path("circuit"), path("witness"))
for line in sys.stdin:
    started = time.monotonic()
    ezkl.prove(path("witness"), path("circuit"), path("pk"), path("proof"), srs_path=circuit.srs)
    print(time.monotonic() - started, flush=True)
`;

/**
 * Compiles the model and makes its key, which takes a minute or several; the SRS is made too where there is none.
 *
 * @returns rows of its circuit, `prove()` that answers the seconds of a proof, and `close()`
 */
export async function startEzkl(python, onnx, folder) {
  writeFileSync(join(folder, 'whole.onnx'), onnx);
  writeFileSync(
    join(folder, 'whole.json'),
    JSON.stringify({ version: 1, ranges: { x: { minimum: 0, maximum: 255 } } }),
  );
  const model = {
    onnx: await givenFile(join(folder, 'whole.onnx')),
    options: await givenFile(join(folder, 'whole.json')),
  };
  const adapter = join(checkout, 'libs/prover-adapter/examples/ezkl');
  const child = spawn(python, ['-c', script, adapter, JSON.stringify(model), folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error('EZKL ended without an answer.');
    return Number(value);
  };
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  return {
    rows: await next(),
    prove: () => {
      child.stdin.write('\n');
      return next();
    },
    close: stop,
  };
}
