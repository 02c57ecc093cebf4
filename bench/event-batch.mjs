// Signing and verifying a batch of 100,000 events beside what nobody can do without: reading each event strictly, writing it in
// canonical form, and hashing it.
import { createHash } from 'node:crypto';
import { canonicalJsonOfParsed, parseStrictJson } from '@touchstone/canonical-json';
import { bytesToHex, createEd25519Signer, parseKeystore, sha256Text } from '@touchstone/crypto';
import {
  batchFile,
  EVENT_BYTES_MAX,
  EventCollector,
  eventBatchFormats,
  EventFileReader,
  proofText,
  signatureText,
  signBatch,
  verifyBatch,
} from '@touchstone/event-batch';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';

const EVENTS = quick ? 2_000 : 100_000;
const ROUNDS = quick ? 3 : 11;
const PIECE_BYTES = 262_144;
const GOAL = { of: 'ratio', min: 0.7 };
const nowMs = Date.UTC(2026, 5, 1, 12);

const { publicKey, sign } = createEd25519Signer(new Uint8Array(32).fill(9));
const keystore = parseKeystore(
  {
    version: 1,
    keys: [
      {
        kid: 'bench',
        alg: 'Ed25519',
        use: 'event-batch',
        name: 'bench',
        public_key: bytesToHex(publicKey),
        status: 'active',
        not_before: '2026-01-01T00:00:00Z',
        not_after: '2026-12-31T00:00:00Z',
      },
    ],
  },
  nowMs,
);
const signing = {
  signer: { key: keystore.keys[0], sign },
  atMs: nowMs,
  batchId: '01890a5d-ac96-774b-bcce-b302099a8057',
};

/** An event as a shop would send it; ids in the order of time, as UUIDs of version 7 are, or in any. */
function eventText(number, inOrder) {
  const random = createHash('sha256').update(String(number)).digest('hex');
  const id = inOrder ? `0197${String(number).padStart(8, '0')}-${random.slice(0, 16)}` : random.slice(0, 28);
  const order = {
    at: '2026-06-01T12:00:00.000Z',
    customer: random.slice(28, 40),
    id,
    items: [{ count: 1 + (number % 4), price: number / 8, sku: `S-${number % 997}` }],
    kind: 'order.placed',
    salt: random.slice(40),
  };
  return JSON.stringify(order);
}

function piecesOf(bytes) {
  return Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, index) =>
    bytes.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
}

async function signed(format, pieces) {
  const collector = new EventCollector(format);
  const reader = new EventFileReader('events', (text) => collector.add(text));
  for (const piece of pieces) reader.push(piece);
  reader.end();
  const events = collector.seal();
  return { events, document: await signBatch(events, signing) };
}

function bareLoop(texts) {
  let last;
  for (const text of texts)
    last = sha256Text(canonicalJsonOfParsed(parseStrictJson(text, { maxBytes: EVENT_BYTES_MAX }).value));
  return last;
}

async function millisecondsOf(operation) {
  const start = performance.now();
  await operation();
  return performance.now() - start;
}

/** As `compare` of the harness does it, for operations that answer later and take long enough for one to be a round. */
async function compareOnce({ name, goal, ours, baseline }) {
  if (!wanted(name)) return;
  announce(name);
  for (const operation of [ours, baseline, ours, baseline]) await operation();
  const times = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const time = {};
    const order = round % 2 === 0 ? ['ours', 'baseline'] : ['baseline', 'ours'];
    for (const which of order) time[which] = await millisecondsOf(which === 'ours' ? ours : baseline);
    times.push(time);
  }
  const rounds = times.map((time) => ({
    ours: (1000 * EVENTS) / time.ours,
    baseline: (1000 * EVENTS) / time.baseline,
  }));
  printRow({
    name,
    baselineName: 'a bare loop of strict reading, canonical writing and SHA-256',
    unit: '/s',
    ours: median(rounds.map((round) => round.ours)),
    baseline: median(rounds.map((round) => round.baseline)),
    ratio: median(times.map((time) => time.baseline / time.ours)),
    goal,
    rounds,
  });
}

for (const format of eventBatchFormats) {
  // Version 2 hashes every event twice and more of it, the bare loop once.
  const goal = format === 'event-batch-v1' ? GOAL : null;
  for (const inOrder of [true, false]) {
    const texts = Array.from({ length: EVENTS }, (_, number) => eventText(number, inOrder));
    const ndjson = piecesOf(Buffer.from(texts.join('\n')));
    const label = inOrder ? 'in order' : 'in any order';
    await compareOnce({
      name: `event batch: sign ${EVENTS.toLocaleString('en-US')} events ${label}, ${format}`,
      goal,
      ours: () => signed(format, ndjson),
      baseline: () => bareLoop(texts),
    });
    if (!inOrder) continue;
    const { events, document } = await signed(format, ndjson);
    const batch = piecesOf(Buffer.concat([...batchFile(events, document)]));
    const { batch_ts, merkle_root, leaf_count } = document;
    const proof = proofText([{ batch_ts, merkle_root, leaf_count, prev_root: null }]);
    await compareOnce({
      name: `event batch: verify ${EVENTS.toLocaleString('en-US')} events, ${format}`,
      goal,
      ours: async () => {
        const result = await verifyBatch(
          { batch, signature: signatureText(document), proof },
          keystore,
          nowMs,
        );
        if (!result.ok) throw new Error(result.message);
      },
      baseline: () => bareLoop(texts),
    });
  }
}
