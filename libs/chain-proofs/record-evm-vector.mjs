// Records vectors/evm-anchor.json from a real chain: `npx tsc -b` first, then
// `node libs/chain-proofs/record-evm-vector.mjs`. Clock and keys of the chain are fixed, so a run gives the same file.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { anchorRegistry } from '@touchstone/evm-contracts';
import { createWalletClient, http, keccak256, publicActions, toBytes, toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { base } from 'viem/chains';
import { anchorStorageSlot, evmAnchorProofFromRpc } from './dist/index.js';

const GENESIS_TIME = 1_763_632_800;
const RECORDS = 400;
const ACCOUNTS = 200;
const output = fileURLToPath(new URL('./vectors/evm-anchor.json', import.meta.url));
const account = mnemonicToAccount('test test test test test test test test test test test junk');

const binary = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
const fixed = ['--chain-id', '8453', '--hardfork', 'prague', '--timestamp', `${GENESIS_TIME}`, '--no-mining'];
const options = ['--host', '127.0.0.1', '--port', '0', ...fixed];
const chain = spawn(binary, options, { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((resolve) => {
  chain.stdout.on('data', (chunk) => {
    const address = /Listening on (\S+)/.exec(chunk.toString())?.[1];
    if (address) resolve(`http://${address}`);
  });
});

const client = createWalletClient({ account, chain: base, transport: http(url) }).extend(publicActions);
const rpc = (method, ...params) => client.request({ method, params });
let time = GENESIS_TIME;
async function mine() {
  time += 2;
  await rpc('evm_setNextBlockTimestamp', toHex(time));
  await rpc('evm_mine');
}

const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
const deployment = await client.deployContract({
  abi: anchorRegistry.abi,
  bytecode: anchorRegistry.bytecode,
  gas: 10n ** 6n,
  ...fees,
});
await mine();
const { contractAddress } = await client.getTransactionReceipt({ hash: deployment });
// Other accounts and other records give the two tries the depth that they have on a used chain.
for (let index = 0; index < ACCOUNTS; index += 1) {
  await rpc('anvil_setBalance', `0x${keccak256(toHex(`account ${index}`)).slice(26)}`, '0x1');
}
const commitments = Array.from({ length: RECORDS }, (_, index) => keccak256(toHex(`commitment ${index}`)));
for (const [index, commitment] of commitments.entries()) {
  const call = {
    address: contractAddress,
    abi: anchorRegistry.abi,
    functionName: 'anchor',
    args: [commitment, BigInt(index + 1)],
  };
  await client.writeContract({ ...call, gas: 100_000n, nonce: index + 1, ...fees });
  if (index % 100 === 99) await mine();
}
await mine();

const submitter = toBytes(account.address);
async function collect(commitment) {
  const block = await rpc('eth_getBlockByNumber', 'latest', false);
  const slot = toHex(anchorStorageSlot(submitter, toBytes(commitment)));
  const collected = evmAnchorProofFromRpc(
    block,
    await rpc('eth_getProof', contractAddress, [slot], block.number),
  );
  if (!collected.ok) throw new Error(collected.reason);
  return { block, ...collected };
}

const { block, hash, proof } = await collect(commitments[150]);
const absent = await collect(keccak256(toHex('never anchored')));
const readRecord = { address: contractAddress, abi: anchorRegistry.abi, functionName: 'anchoredAt' };
const [blockNumber, timestamp] = await client.readContract({
  ...readRecord,
  args: [account.address, commitments[150]],
});
// The submitter's own account, which has no storage, in place of the contract.
const { accountProof: plainAccountProof } = await rpc('eth_getProof', account.address, [], block.number);
await mine();
const later = await collect(commitments[150]);
const other = await collect(commitments[151]);

// Records that the contract never writes, put into its storage: the proof links, so only the value can tell.
const height = BigInt(later.block.number) + 1n;
const impossible = [
  ['record of a block after the header', ((height + 1n) << 64n) | BigInt(time)],
  ['record without a block number', BigInt(time)],
  ['record without a timestamp', 1n << 64n],
  ['record later than the header', (1n << 64n) | BigInt(time + 3)],
  ['record of the header\u2019s own block with another time', (height << 64n) | BigInt(time)],
  ['record wider than 128 bits', (1n << 128n) | (1n << 64n) | BigInt(time)],
];
const neverAnchored = impossible.map(([name]) => keccak256(toHex(name)));
for (const [index, [, value]] of impossible.entries()) {
  const slot = toHex(anchorStorageSlot(submitter, toBytes(neverAnchored[index])));
  await rpc('anvil_setStorageAt', contractAddress, slot, toHex(value, { size: 32 }));
}
await mine();
const forged = [];
for (const commitment of neverAnchored) forged.push((await collect(commitment)).proof);
chain.kill('SIGTERM');

const plain = (hex) => hex.slice(2).toLowerCase();
const replaceAt = (list, index, value) => list.map((entry, position) => (position === index ? value : entry));
const flip = (hex, byte) =>
  `${hex.slice(0, byte * 2)}${(Number.parseInt(hex.slice(byte * 2, byte * 2 + 2), 16) ^ 1).toString(16).padStart(2, '0')}${hex.slice(byte * 2 + 2)}`;
const { header, accountProof, storageProof } = proof;
const last = storageProof.length - 1;
const invalid = [
  ['header is not RLP', 'header', { proof: { header: '00' } }],
  ['header cut by one byte', 'header', { proof: { header: header.slice(0, -2) } }],
  ['byte after the header', 'header', { proof: { header: `${header}00` } }],
  ['header in upper case', 'input', { proof: { header: header.toUpperCase() } }],
  ['header with a 0x prefix', 'input', { proof: { header: `0x${header}` } }],
  ['header is empty', 'input', { proof: { header: '' } }],
  ['state root changed by one bit', 'account', { proof: { header: flip(header, 3 + 33 + 33 + 21 + 1) } }],
  [
    'header of a later block over the proof of an earlier one',
    'account',
    { proof: { header: later.proof.header } },
  ],
  ['account proof is empty', 'account', { proof: { accountProof: [] } }],
  ['account proof without its root', 'account', { proof: { accountProof: accountProof.slice(1) } }],
  ['account proof without its leaf', 'account', { proof: { accountProof: accountProof.slice(0, -1) } }],
  ['account proof in reverse', 'account', { proof: { accountProof: accountProof.toReversed() } }],
  [
    'account proof with its leaf twice',
    'account',
    { proof: { accountProof: [...accountProof, accountProof.at(-1)] } },
  ],
  [
    'account leaf changed by one bit',
    'account',
    {
      proof: {
        accountProof: replaceAt(accountProof, accountProof.length - 1, flip(accountProof.at(-1), 40)),
      },
    },
  ],
  ['storage proof is empty', 'storage', { proof: { storageProof: [] } }],
  ['storage proof without its root', 'storage', { proof: { storageProof: storageProof.slice(1) } }],
  ['storage proof without its leaf', 'storage', { proof: { storageProof: storageProof.slice(0, -1) } }],
  [
    'storage proof with a foreign node',
    'storage',
    { proof: { storageProof: [...storageProof, accountProof[0]] } },
  ],
  [
    'record changed by one bit',
    'storage',
    {
      proof: {
        storageProof: replaceAt(
          storageProof,
          last,
          flip(storageProof[last], storageProof[last].length / 2 - 1),
        ),
      },
    },
  ],
  [
    'storage node with a byte after it',
    'storage',
    { proof: { storageProof: replaceAt(storageProof, last, `${storageProof[last]}00`) } },
  ],
  ['proof of another commitment', 'storage', { proof: { storageProof: other.proof.storageProof } }],
  ['other commitment than the proof is about', 'storage', { commitment: plain(commitments[151]) }],
  [
    'proof that the commitment was never anchored',
    'storage',
    {
      commitment: plain(keccak256(toHex('never anchored'))),
      proof: { storageProof: absent.proof.storageProof },
    },
  ],
  ['other submitter', 'storage', { submitter: '00'.repeat(20) }],
  ['other contract', 'account', { contract: '00'.repeat(20) }],
  ...[
    ['account without storage, proof of the contract', storageProof],
    ['account without storage, empty storage proof', []],
    ['account without storage, the empty node', ['80']],
  ].map(([name, nodes]) => [
    name,
    'storage',
    {
      contract: plain(account.address),
      proof: { accountProof: plainAccountProof.map(plain), storageProof: nodes },
    },
  ]),
  ...impossible.map(([name], index) => [
    name,
    'value',
    { commitment: plain(neverAnchored[index]), proof: forged[index] },
  ]),
  ['contract of 19 bytes', 'input', { contract: plain(contractAddress).slice(2) }],
  ['commitment of 31 bytes', 'input', { commitment: plain(commitments[150]).slice(2) }],
  ['unknown member in the proof', 'input', { proof: { extra: '' } }],
  ['storage proof is not a list', 'input', { proof: { storageProof: storageProof.join('') } }],
  ['66 account nodes', 'input', { proof: { accountProof: Array.from({ length: 66 }, () => '80') } }],
];

const valid = {
  contract: plain(contractAddress),
  submitter: plain(account.address),
  commitment: plain(commitments[150]),
  proof,
  expected: {
    headerHash: hash,
    headerNumber: `${BigInt(block.number)}`,
    headerTimestamp: `${BigInt(block.timestamp)}`,
    codeHash: plain(keccak256(anchorRegistry.deployedBytecode)),
    blockNumber: `${blockNumber}`,
    timestamp: `${timestamp}`,
  },
};
const description =
  'An anchor on a development chain with the id of Base. Each invalid case replaces the members it lists, those of proof one by one, and fails at check.';
const cases = invalid.map(([name, check, replace]) => ({ name, check, replace }));
writeFileSync(output, `${JSON.stringify({ description, valid, invalid: cases }, null, 1)}\n`);
