// The two ways of paying beside x402's own: a transfer that was made before, verified by the payment-verifier over the mesh beside the
// bare questions to the same node; and a paid request that is answered later, until its 202.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPublicClient, createWalletClient, erc20Abi, http } from 'viem';
import { createPayer, developmentPayer } from '../apps/cli/dist/stack/payer.js';
import { claimHeader } from '../apps/cli/dist/stack/transfer.js';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { profiled, sampleBodies, withStack } from './stack/embedded-stack.mjs';
import { inParallel } from './stack/in-parallel.mjs';
import { connectAsGateway } from './stack/leaf-source.mjs';
import { quantile } from './stack/quantile.mjs';

const ROUNDS = quick ? 1 : 3;
const TRANSFERS = quick ? 10 : 60;
const JOBS = quick ? 20 : 100;
const JOB_EVERY_MS = 250;
const CALLERS = 4;
const CONFIRMATIONS = 3;
const AMOUNT = 10_000n;

const transferName = "stack: a transfer verified over the mesh, without the node's own time";
const acceptName = 'stack: a paid request is taken as a job, p99, four a second';

/** Makes transfers and waits until they are deep enough. */
async function makeTransfers(count, { account, stack, payTo }) {
  const transport = http(stack.chain.rpcUrl);
  const wallet = createWalletClient({ account, transport });
  const chain = createPublicClient({ transport, pollingInterval: 100 });
  const first = await chain.getTransactionCount({ address: account.address });
  const hashes = await Promise.all(
    Array.from({ length: count }, (_, at) =>
      wallet.writeContract({
        ...{ chain: null, address: stack.chain.usdc, abi: erc20Abi, functionName: 'transfer' },
        ...{ args: [payTo, AMOUNT], nonce: first + at },
      }),
    ),
  );
  const last = await chain.waitForTransactionReceipt({ hash: hashes.at(-1), confirmations: CONFIRMATIONS });
  if (last.status !== 'success') throw new Error('A transfer reverted.');
  return Promise.all(hashes.map((hash) => chain.getTransactionReceipt({ hash })));
}

/** What a 402 asks for. */
const requiredBy = (challenge) =>
  JSON.parse(Buffer.from(challenge.headers.get('payment-required'), 'base64').toString('utf8'));

const timed = async (work) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** What a verification has to ask of the node: the receipt and the newest block, then the block of the receipt. */
async function askNode(chain, hash) {
  const [receipt] = await Promise.all([
    chain.request({ method: 'eth_getTransactionReceipt', params: [hash] }),
    chain.request({ method: 'eth_blockNumber' }),
  ]);
  await chain.request({ method: 'eth_getBlockByNumber', params: [receipt.blockNumber, false] });
}

const sorted = (values) => [...values].sort((left, right) => left - right);

async function measureTransfers({ account, stack, rpc, payTo }) {
  const rounds = [];
  const wholes = [];
  const chain = createPublicClient({ transport: http(stack.chain.rpcUrl) });
  for (let round = 0; round < ROUNDS; round += 1) {
    announce(`${transferName}, round ${round + 1}`);
    const receipts = await makeTransfers(TRANSFERS, { account, stack, payTo });
    const [ours, node] = [[], []];
    for (const receipt of receipts) {
      const digest = randomBytes(32).toString('hex');
      const header = await claimHeader(stack, account, { asset: stack.chain.usdc, payTo }, receipt, digest);
      const transfer = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
      const asked = {
        network: `eip155:${stack.chain.chainId}`,
        asset: stack.chain.usdc.toLowerCase(),
        payTo: payTo.toLowerCase(),
        amount: AMOUNT.toString(),
      };
      node.push(await timed(() => askNode(chain, receipt.transactionHash)));
      ours.push(
        await timed(async () => {
          const request = { transfer, asked, requestDigest: digest };
          const { outcome } = await rpc.call('payment-verifier', 'authorize-transfer', request);
          if (outcome !== 'reserved') throw new Error(`A transfer was ${outcome}.`);
        }),
      );
    }
    wholes.push(quantile(sorted(ours), 0.5));
    rounds.push({
      ours: quantile(sorted(ours), 0.5) - quantile(sorted(node), 0.5),
      baseline: quantile(sorted(node), 0.5),
    });
  }
  const ours = median(rounds.map((round) => round.ours));
  const baseline = median(rounds.map((round) => round.baseline));
  printRow({
    ...{
      name: transferName,
      baselineName: 'the same questions to the node alone',
      unit: 'ms',
      ours,
      baseline,
    },
    ...{ ratio: baseline / ours, goal: { of: 'ours', max: 10 }, rounds },
    details: { wholeMs: median(wholes), confirmations: CONFIRMATIONS },
  });
}

async function measureJobs({ payer, url, bodies }) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    announce(`${acceptName}, round ${round + 1}`);
    const signed = await inParallel(
      Array.from({ length: JOBS }, (_, at) => bodies[at % bodies.length]),
      CALLERS,
      async (body) => {
        const asked = JSON.stringify({ ...JSON.parse(body), async: true });
        const headers = { 'content-type': 'application/json' };
        const challenge = await fetch(url, { method: 'POST', headers, body: asked });
        const required = requiredBy(challenge);
        return { body: asked, headers: { ...headers, 'PAYMENT-SIGNATURE': await payer.payment(required) } };
      },
    );
    // At a rate that the machine settles: what is taken is run and paid on the same two cores.
    const took = [];
    for (const { body, headers } of signed) {
      const ms = await timed(async () => {
        const response = await fetch(url, { method: 'POST', headers, body });
        if (response.status !== 202)
          throw new Error(`A job was answered ${response.status}: ${await response.text()}`);
        await response.arrayBuffer();
      });
      took.push(ms);
      await sleep(Math.max(0, JOB_EVERY_MS - ms));
    }
    rounds.push({ ours: quantile(sorted(took), 0.99), baseline: null, p50: quantile(sorted(took), 0.5) });
  }
  printRow({
    ...{ name: acceptName, baselineName: null, unit: 'ms', baseline: null, ratio: null },
    ours: median(rounds.map(({ ours }) => ours)),
    goal: { of: 'ours', max: 50 },
    rounds: rounds.map(({ ours }) => ({ ours, baseline: null })),
    details: { p50Ms: median(rounds.map(({ p50 }) => p50)), jobs: JOBS },
  });
}

if ([transferName, acceptName].some(wanted))
  await withStack(profiled({}), async ({ stack, stateDir }) => {
    const { description } = stack;
    const account = developmentPayer(stateDir);
    const url = `${description.urls['inference-gateway']}/v1/models/digits/infer`;
    const bodies = sampleBodies('digits');
    const payer = createPayer(description, account);
    if (wanted(transferName)) {
      const headers = { 'content-type': 'application/json' };
      const challenge = await fetch(url, { method: 'POST', headers, body: bodies[0] });
      const required = requiredBy(challenge);
      const gateway = await connectAsGateway(stack);
      try {
        const { payTo } = required.accepts[0];
        await measureTransfers({ account, stack: description, rpc: gateway.rpc, payTo });
      } finally {
        await gateway.close();
      }
    }
    if (wanted(acceptName)) await measureJobs({ payer, url, bodies });
  });
