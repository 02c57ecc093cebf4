// The baseline of the gateway: node:http and onnxruntime-node in one process and nothing else. It reads the same
// body, runs the same session and answers the bytes it is given; with a database it signs and stores each answer
// first. Prints its port; ends with its standard input.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { bareRecorder } from './bare-record.mjs';

// The first line of standard input: the model file, the answer, and the URL of a database or nothing.
const [line] = await new Promise((resolve) => {
  let text = '';
  process.stdin.on('data', (chunk) => {
    text += chunk;
    if (text.includes('\n')) resolve(text.split('\n'));
  });
  process.stdin.on('end', () => process.exit(0));
});
const { file, answer, databaseUrl } = JSON.parse(line);
const { InferenceSession, Tensor } = createRequire(
  new URL('../../apps/inference-gateway/package.json', import.meta.url),
)('onnxruntime-node');
const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
const tensors = {
  FP32: (data, shape) => new Tensor('float32', Float32Array.from(data), shape),
  INT64: (data, shape) => new Tensor('int64', BigInt64Array.from(data, BigInt), shape),
};
const bytes = Buffer.from(answer);
const record = databaseUrl === undefined ? undefined : await bareRecorder(databaseUrl);

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const { inputs } = JSON.parse(Buffer.concat(chunks).toString());
    const feeds = Object.fromEntries(
      inputs.map(({ name, datatype, shape, data }) => [name, tensors[datatype](data, shape)]),
    );
    await session.run(feeds);
    if (record) await record(answer);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
    response.end(bytes);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
