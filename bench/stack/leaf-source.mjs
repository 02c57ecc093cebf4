// Genuine leaves at a steady rate. Every event is one that the gateway could have written: the record of a real
// answer under a salt of its own, signed by the real signer, published by the gateway's user. They are signed before
// the measurement, so that the rate does not depend on what else two cores have to do.
import { randomBytes } from 'node:crypto';
import { meshCaller, SIGN_OUTPUTS_MAX } from '@touchstone/contracts';
import { contextNonce, encodeTensor } from '@touchstone/evidence';
import { connectMesh, EventPublisher, RpcClient } from '../../libs/nats/dist/index.js';
import { uuidV7 } from '../../libs/postgres/dist/index.js';
import { inParallel } from './in-parallel.mjs';

const GATEWAY = 'inference-gateway';
const MODEL = 'digits';
const TICK_MS = 20;

const silent = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, () => undefined]),
);

/** Connects as the gateway does. `close()` it in the end. */
export async function connectAsGateway(stack) {
  const user = meshCaller(GATEWAY, stack.secrets.nodes[0]);
  const mesh = await connectMesh({
    service: user,
    url: stack.description.nats.url,
    ...stack.natsLogin(user),
    logger: silent,
  });
  const rpc = new RpcClient({ nc: mesh.nc, caller: user });
  return { rpc, publisher: new EventPublisher({ nc: mesh.nc }), close: () => mesh.close() };
}

/** Signs `count` records after the model of one answer of the gateway. */
export async function signRecords(rpc, stack, body, count) {
  const url = `${stack.description.urls[GATEWAY]}/v1/models/${MODEL}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await (await fetch(`${url}/infer`, { method: 'POST', headers, body })).json();
  const { items } = await (await fetch(`${url}/commitments`)).json();
  const canonical = (tensors) =>
    tensors.map((tensor) => {
      const encoded = encodeTensor(tensor);
      if (!encoded.ok) throw new Error(encoded.error.detail);
      return encoded.value;
    });
  const shared = {
    modelId: MODEL,
    inputs: canonical(JSON.parse(body).inputs),
    outputs: canonical(answer.outputs),
    commitment: items[0].commitment,
    payment: null,
  };
  const { modelVersionId, inputHash, outputHash, timestamp } = answer.proof;
  const contexts = Array.from({ length: count }, () => ({
    ...answer.context,
    salt: randomBytes(32).toString('hex'),
  }));
  const groups = [];
  for (let start = 0; start < count; start += SIGN_OUTPUTS_MAX)
    groups.push(contexts.slice(start, start + SIGN_OUTPUTS_MAX));
  const signed = await inParallel(groups, 2, async (group) => {
    const payloads = group.map((context) => ({
      ...{ modelVersionId, inputHash, outputHash, timestamp },
      nonce: contextNonce(context),
    }));
    const { proofs } = await rpc.call('signer', 'sign-outputs', { payloads });
    return group.map((context, place) => ({
      verificationId: uuidV7(),
      ...shared,
      proof: proofs[place],
      context,
    }));
  });
  return signed.flat();
}

/** Publishes records at `rate` per second; `onAccepted(record, ms)` is told when the stream has stored one. */
export async function publishSteadily(publisher, records, rate, onAccepted) {
  const startedMs = performance.now();
  const outstanding = [];
  let next = 0;
  while (next < records.length) {
    const due = Math.min(records.length, Math.ceil(((performance.now() - startedMs) / 1_000) * rate));
    for (; next < due; next += 1) {
      const record = records[next];
      const event = { ...record, recordedAt: new Date().toISOString() };
      outstanding.push(
        publisher
          .publish('evt.v1.inference.output.recorded', event, { msgId: record.verificationId })
          .then(() => onAccepted(record, performance.now())),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(outstanding);
  return records.length / ((performance.now() - startedMs) / 1_000);
}
