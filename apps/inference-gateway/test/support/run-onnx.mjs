// Runs an ONNX model on rows of floats. Standard input: {"model": base64, "level", "rows": [[…]]}; standard output: the elements of the
// first output for each row. The runtime does not know the typed arrays of Jest's realm, so it has a process of its own.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readFileSync } from 'node:fs';

const { model, level, rows } = JSON.parse(readFileSync(0, 'utf8'));
const session = await InferenceSession.create(Buffer.from(model, 'base64'), {
  graphOptimizationLevel: level,
  intraOpNumThreads: 1,
});
const [input] = session.inputMetadata;
const answers = [];
for (const row of rows) {
  const outputs = await session.run({
    [input.name]: new Tensor('float32', Float32Array.from(row), input.shape),
  });
  answers.push(Array.from(outputs[session.outputNames[0]].data));
}
process.stdout.write(JSON.stringify(answers));
