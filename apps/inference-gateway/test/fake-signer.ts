import type { KeySet, OutputPayload, OutputProof, RpcResponse } from '@touchstone/contracts';
import {
  bytesToHex,
  createEcdsaSigner,
  ecdsaVerify,
  formatSignature,
  parseSignature,
} from '@touchstone/crypto';
import { outputDigest } from '@touchstone/evidence';
import { serveRpc, type TestConnection } from './serve-rpc.js';

const DOMAIN = 'model-output-v1';

/** A double of the signer: real secp256k1 signatures with test keys, through the contracts' RPCs. */
export class FakeSigner {
  /** Requests for signatures so far. */
  asked = 0;
  /** Signatures made so far. */
  signed = 0;
  /** When set, every signature fails with it. */
  failure: Error | undefined;
  /** When set, the signatures that are asked for wait for it. */
  pause: Promise<void> | undefined;
  private readonly keys = [this.newKey('output-1', 1)];

  /** Answers on a connection of the user `signer`. */
  serve(nc: TestConnection): this {
    serveRpc(nc, 'signer', 'sign-outputs', async ({ payloads }) => {
      this.asked += 1;
      await this.pause;
      return { proofs: payloads.map((payload) => this.sign(payload)) };
    });
    serveRpc(nc, 'signer', 'key-set', async () => this.keySetAnswer());
    return this;
  }

  sign(payload: OutputPayload): OutputProof {
    if (this.failure) throw this.failure;
    this.signed += 1;
    const key = this.current();
    const signature = formatSignature(key.signer.sign(outputDigest(payload, DOMAIN)), 'der');
    const { modelVersionId, inputHash, outputHash, nonce, timestamp } = payload;
    return {
      modelVersionId,
      inputHash,
      outputHash,
      nonce,
      timestamp,
      domain: DOMAIN,
      keyId: key.kid,
      signature,
    };
  }

  /** Signs with a new key from now on; the old one is retiring. */
  rotate(): void {
    this.keys.push(this.newKey(`output-${this.keys.length + 1}`, this.keys.length + 1));
  }

  /** Whether a proof was signed by one of the keys. */
  verifies(proof: OutputProof): boolean {
    const key = this.keys.find(({ kid }) => kid === proof.keyId);
    const signature = parseSignature(proof.signature);
    if (!key || !('compact' in signature)) return false;
    return ecdsaVerify(outputDigest(proof, proof.domain), signature.compact, key.signer.publicKey) === 'ok';
  }

  keySetAnswer(): RpcResponse<'signer', 'key-set'> {
    const current = this.current();
    const keySet: KeySet = {
      type: 'touchstone.key-set.v1',
      sequence: this.keys.length - 1,
      keys: this.keys.map(({ kid, signer }) => ({
        kid,
        alg: 'ES256K',
        use: 'output',
        public_key: bytesToHex(signer.publicKey),
        status: kid === current.kid ? 'active' : 'retiring',
        not_before: '2026-01-01T00:00:00Z',
        not_after: '2036-01-01T00:00:00Z',
      })),
      previous: null,
    };
    const address = `0x${'1'.repeat(40)}`;
    return {
      keySet,
      currentOutputKeyId: current.kid,
      domain: DOMAIN,
      log: { origin: 'test.touchstone.dev/log', vkey: 'test' },
      addresses: { anchor: address, settlement: address },
    };
  }

  private current() {
    return this.keys.at(-1) as (typeof this.keys)[number];
  }

  private newKey(kid: string, seed: number) {
    return { kid, signer: createEcdsaSigner(new Uint8Array(32).fill(seed)) };
  }
}
