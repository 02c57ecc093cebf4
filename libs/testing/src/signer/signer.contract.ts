import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventBatchFormats,
  rpcTable,
  SIGN_OUTPUTS_MAX,
  type KeystoreEntry,
  type RpcRequest,
  type RpcVerb,
  type ServiceName,
} from '@touchstone/contracts';
import { bytesToHex, ecdsaVerify, evmAddress, hexToBytes, parseSignature } from '@touchstone/crypto';
import { noteHash, rootOfLeaves, verifyBatchSignature } from '@touchstone/event-batch';
import { openWithKeys, outputDigest } from '@touchstone/evidence';
import { anchorRegistry, eip3009 } from '@touchstone/evm-contracts';
import { consistencyProof, leafHash, merkleRoot } from '@touchstone/merkle';
import { encodeFunctionData, keccak256, parseTransaction, recoverTransactionAddress, type Hex } from 'viem';
import type { SignerClient } from './signer-double.js';
import type { TransactionKey } from './signer-keys.js';

/** A signer that has signed no checkpoint yet, with what it is configured for. */
export interface SignerUnderContract {
  readonly origin: string;
  readonly chainId: number;
  readonly contracts: Readonly<Record<TransactionKey, string>>;
  client(caller: ServiceName): SignerClient | Promise<SignerClient>;
}

type SignTransaction = RpcRequest<'signer', 'sign-transaction'>;
type Checkpoint = RpcRequest<'signer', 'sign-checkpoint'>;

const names = Object.keys(rpcTable.signer) as readonly RpcVerb<'signer'>[];
const callersOf = (verb: RpcVerb<'signer'>): readonly ServiceName[] => rpcTable.signer[verb];
const refused = (code: string) => expect.objectContaining({ code });
const bytes = (hex: string): Uint8Array => hexToBytes(hex) ?? new Uint8Array();
const hashes = Array.from({ length: 12 }, (_, index) => leafHash(Uint8Array.of(index)));
const fork = [...hashes.slice(0, 7), leafHash(Uint8Array.of(99))];

const output = (nonce: number, aheadSeconds = 0) => ({
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: nonce.toString(16).padStart(64, '0'),
  timestamp: Math.floor(Date.now() / 1_000) + aheadSeconds,
});

const batchKeyFacts = {
  alg: 'Ed25519',
  use: 'event-batch',
  status: 'active',
  notBefore: 0,
  notAfter: Number.MAX_SAFE_INTEGER,
} as const;

const calls: Readonly<Record<TransactionKey, string>> = {
  anchor: encodeFunctionData({
    abi: anchorRegistry.abi,
    functionName: 'anchor',
    args: [`0x${'ab'.repeat(32)}`, 3n],
  }),
  settlement: encodeFunctionData({
    abi: eip3009.abi,
    functionName: 'transferWithAuthorization',
    args: [`0x${'cc'.repeat(20)}`, `0x${'dd'.repeat(20)}`, 1n, 0n, 2n, `0x${'cd'.repeat(32)}`, '0x00'],
  }),
};

/**
 * Declares what every signer keeps, the process and its double: what it signs is verified by others' means, and what it must not sign
 * it refuses with the same code.
 */
export function describeSigner(name: string, open: () => Promise<SignerUnderContract>): void {
  describe(`${name} as a signer`, () => {
    let signer: SignerUnderContract;
    const clients = new Map<ServiceName, SignerClient>();
    beforeAll(async () => {
      signer = await open();
      for (const caller of new Set(names.flatMap(callersOf)))
        clients.set(caller, await signer.client(caller));
    }, 60_000);

    const ask = (caller: ServiceName): SignerClient => {
      const client = clients.get(caller);
      if (client === undefined) throw new Error(`${caller} has no verb.`);
      return client;
    };
    const keySet = () => ask('anchor-worker').call('signer', 'key-set', {});
    const keyOf = async (find: (key: KeystoreEntry) => boolean): Promise<KeystoreEntry> => {
      const found = (await keySet()).keySet.keys.filter((key) => find(key) && key.status === 'active');
      expect(found).toHaveLength(1);
      return found[0] as KeystoreEntry;
    };
    const checkpoint = (size: number, fromSize: number, leaves = hashes): Checkpoint => ({
      origin: signer.origin,
      size: String(size),
      root: bytesToHex(merkleRoot(leaves.slice(0, size))),
      consistency: {
        fromSize: String(fromSize),
        proof: fromSize === 0 ? [] : consistencyProof(leaves.slice(0, size), fromSize).map(bytesToHex),
      },
    });
    const signCheckpoint = async (request: Checkpoint): Promise<string> =>
      (await ask('anchor-worker').call('signer', 'sign-checkpoint', request)).note;
    const transaction = (
      key: TransactionKey,
      change: Partial<SignTransaction['transaction']> = {},
    ): SignTransaction => ({
      key,
      transaction: {
        chainId: signer.chainId,
        nonce: 7,
        to: signer.contracts[key],
        value: '0',
        data: calls[key],
        gas: '100000',
        maxFeePerGas: '2000000000',
        maxPriorityFeePerGas: '1000000',
        ...change,
      },
    });

    it('lists one active key of each use, and the accounts of those for transactions', async () => {
      const { keySet: set, currentOutputKeyId, addresses, log } = await keySet();
      expect(set).toMatchObject({ type: 'touchstone.key-set.v1', sequence: 0, previous: null });
      expect((await keyOf(({ use }) => use === 'output')).kid).toBe(currentOutputKeyId);
      expect((await keyOf(({ use }) => use === 'checkpoint')).alg).toBe('Ed25519');
      for (const key of ['anchor', 'settlement'] as const) {
        const listed = await keyOf(({ use, name: label }) => use === 'chain-tx' && label === key);
        expect(addresses[key]).toBe(evmAddress(bytes(listed.public_key)));
      }
      expect(log.origin).toBe(signer.origin);
    });

    it('answers each service its verbs and no others', async () => {
      const requests: { [V in RpcVerb<'signer'>]: RpcRequest<'signer', V> } = {
        'sign-output': output(1),
        'sign-outputs': { payloads: [output(1)] },
        'sign-batch': { format: 'event-batch-v2', leaves: ['01'.repeat(32)] },
        'sign-checkpoint': checkpoint(3, 0),
        'sign-transaction': transaction('anchor'),
        'key-set': {},
      };
      for (const [caller, client] of clients)
        for (const verb of names.filter((known) => !callersOf(known).includes(caller)))
          await expect(client.call('signer', verb, requests[verb] as never)).rejects.toEqual(
            refused('forbidden'),
          );
      for (const caller of callersOf('key-set'))
        expect(await ask(caller).call('signer', 'key-set', {})).toEqual(await keySet());
    });

    it('signs an output with the listed key, the same way each time, in both formats', async () => {
      const payload = output(1);
      const gateway = ask('inference-gateway');
      const { proof } = await gateway.call('signer', 'sign-output', payload);
      const { domain, currentOutputKeyId } = await keySet();
      expect(proof).toEqual({ ...payload, domain, keyId: currentOutputKeyId, signature: proof.signature });
      expect((await gateway.call('signer', 'sign-output', payload)).proof).toEqual(proof);
      const compact = (await gateway.call('signer', 'sign-output', { ...payload, format: 'compact' })).proof;
      const key = bytes((await keyOf(({ use }) => use === 'output')).public_key);
      const parsed = [proof, compact].map(({ signature }) => parseSignature(signature));
      for (const signature of parsed)
        expect(
          'compact' in signature && ecdsaVerify(outputDigest(payload, domain), signature.compact, key),
        ).toBe('ok');
      expect([proof.signature.slice(0, 2), compact.signature.length]).toEqual(['30', 128]);
    });

    it('signs several outputs as each alone, in their order, up to the limit', async () => {
      const gateway = ask('inference-gateway');
      const payloads = Array.from({ length: SIGN_OUTPUTS_MAX }, (_, nonce) => output(nonce));
      const { proofs } = await gateway.call('signer', 'sign-outputs', { payloads });
      expect(proofs.map(({ nonce }) => nonce)).toEqual(payloads.map(({ nonce }) => nonce));
      const [first] = payloads as [(typeof payloads)[number]];
      expect((await gateway.call('signer', 'sign-output', first)).proof).toEqual(proofs[0]);
      for (const count of [0, SIGN_OUTPUTS_MAX + 1])
        await expect(
          gateway.call('signer', 'sign-outputs', { payloads: Array.from({ length: count }, () => first) }),
        ).rejects.toEqual(refused('validation-failed'));
    });

    it('signs batches of leaves, each time of a stream later than the one before, the same id once', async () => {
      const hub = ask('attestation-hub');
      const { kid, public_key: publicKey, name } = await keyOf(({ use }) => use === 'event-batch');
      const key = { ...batchKeyFacts, kid, name: name ?? '', publicKey: bytes(publicKey) };
      for (const format of eventBatchFormats) {
        const leaves = [1, 2, 3].map((byte) => byte.toString(16).padStart(64, '0'));
        const batchId = `0190bbbb-0000-7000-8000-00000000000${format.at(-1)}`;
        const first = await hub.call('signer', 'sign-batch', { batchId, format, leaves });
        const again = await hub.call('signer', 'sign-batch', { batchId, format, leaves });
        expect(again).toEqual(first);
        expect(first).toMatchObject({ batchId, format, kid, leafCount: 3, events: null });
        expect(first.root).toBe(bytesToHex(rootOfLeaves(format, leaves.map(bytes))));
        const second = await hub.call('signer', 'sign-batch', { format, leaves: leaves.slice(0, 2) });
        expect(Date.parse(second.batchTs)).toBeGreaterThan(Date.parse(first.batchTs));
        for (const { batchTs, root, leafCount, signature } of [first, second]) {
          const document = { format, alg: 'Ed25519' as const, kid, batch_ts: batchTs, merkle_root: root };
          const note = verifyBatchSignature({ ...document, leaf_count: leafCount, signature }, key);
          if (format === 'event-batch-v2') expect(note).toMatchObject({ tenant: first.tenant, root });
        }
        if (format === 'event-batch-v2') {
          const note = verifyBatchSignature(
            {
              ...{ format, alg: 'Ed25519', kid, batch_ts: second.batchTs, merkle_root: second.root },
              ...{ leaf_count: 2, signature: second.signature },
            },
            key,
          );
          expect(note?.previous).toBe(noteHash(first.signature));
        }
        await expect(
          hub.call('signer', 'sign-batch', { batchId, format, leaves: leaves.slice(1) }),
        ).rejects.toEqual(refused('conflict'));
      }
    });

    it.each([86_400, -86_400])(
      'signs no output of a time that is %d s ahead, alone or among others',
      async (s) => {
        const gateway = ask('inference-gateway');
        await expect(gateway.call('signer', 'sign-output', output(1, s))).rejects.toEqual(
          refused('signing-refused'),
        );
        await expect(
          gateway.call('signer', 'sign-outputs', { payloads: [output(1), output(2, s)] }),
        ).rejects.toEqual(refused('signing-refused'));
      },
    );

    it('extends the log, repeats the last note, and never signs a second history', async () => {
      const first = await signCheckpoint(checkpoint(3, 0));
      expect(await signCheckpoint(checkpoint(3, 0))).toBe(first);
      const note = await signCheckpoint(checkpoint(7, 3));
      const opened = openWithKeys(note, (await keySet()).log.vkey, []);
      const { root } = checkpoint(7, 3);
      expect(opened).toMatchObject({
        ok: true,
        checkpoint: { origin: signer.origin, size: 7n, root: bytes(root), extensions: [] },
      });
      const wrong: readonly Checkpoint[] = [
        checkpoint(3, 0),
        { ...checkpoint(7, 3), root: '00'.repeat(32) },
        checkpoint(9, 3),
        { ...checkpoint(9, 7), root: '00'.repeat(32) },
        { ...checkpoint(9, 7), consistency: { fromSize: '7', proof: [] } },
      ];
      for (const request of wrong)
        await expect(signCheckpoint(request)).rejects.toEqual(refused('checkpoint-refused'));
      await expect(signCheckpoint(checkpoint(9, 3))).rejects.toThrow(
        'the consistency proof starts at size 3, the last signed size is 7',
      );
      await expect(signCheckpoint({ ...checkpoint(9, 7), origin: 'other' })).rejects.toEqual(
        refused('forbidden'),
      );
    });

    it('lets one of two histories win when both come at once', async () => {
      const requests = [checkpoint(8, 7), checkpoint(8, 7, fork), checkpoint(8, 7), checkpoint(8, 7, fork)];
      const settled = await Promise.allSettled(requests.map(signCheckpoint));
      const notes = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect([notes.length, new Set(notes).size]).toEqual([2, 1]);
    });

    it.each([
      ['anchor', 'anchor-worker', 'payment-verifier'],
      ['settlement', 'payment-verifier', 'anchor-worker'],
    ] as const)(
      'signs with the key %s what its policy allows, and nothing else',
      async (key, caller, other) => {
        const { addresses } = await keySet();
        const signed = await ask(caller).call('signer', 'sign-transaction', transaction(key));
        const raw = signed.rawTransaction as `0x02${string}`;
        expect([signed.from, signed.hash]).toEqual([addresses[key], keccak256(raw)]);
        const payer = await recoverTransactionAddress({ serializedTransaction: raw });
        expect(payer.toLowerCase()).toBe(addresses[key]);
        expect(parseTransaction(raw as Hex)).toMatchObject({
          ...{
            type: 'eip1559',
            chainId: signer.chainId,
            nonce: 7,
            to: signer.contracts[key],
            data: calls[key],
          },
          ...{ gas: 100_000n, maxFeePerGas: 2_000_000_000n, maxPriorityFeePerGas: 1_000_000n },
        });
        const wrong = [
          { chainId: signer.chainId + 1 },
          { to: signer.contracts[key === 'anchor' ? 'settlement' : 'anchor'] },
          { value: '1' },
          { data: '0xa9059cbb' },
          { gas: '30000001' },
          { maxFeePerGas: '100000000001' },
        ];
        for (const change of wrong)
          await expect(
            ask(caller).call('signer', 'sign-transaction', transaction(key, change)),
          ).rejects.toEqual(refused('signing-refused'));
        await expect(ask(other).call('signer', 'sign-transaction', transaction(key))).rejects.toEqual(
          refused('signing-refused'),
        );
      },
    );

    it('signs nothing that is malformed', async () => {
      const malformed = transaction('anchor', { to: '0x' });
      await expect(ask('anchor-worker').call('signer', 'sign-transaction', malformed)).rejects.toEqual(
        refused('validation-failed'),
      );
      const short = { ...output(1), nonce: 'ab' };
      await expect(ask('inference-gateway').call('signer', 'sign-output', short)).rejects.toEqual(
        refused('validation-failed'),
      );
    });
  });
}
