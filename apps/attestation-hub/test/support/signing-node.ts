import type { Heartbeat } from '@touchstone/contracts';
import type { JoinTokenAnswer, KeyAnswer } from '@touchstone/contracts/http/attestation-hub';
import { bytesToHex, createEd25519Signer, sha256, type Ed25519Signer } from '@touchstone/crypto';
import { heartbeatStatement, joinStatement, rotationStatement } from '../../src/domain/signed-statement.js';
import { heartbeatAt, type Hub } from './hub-fixture.js';

const UNSIGNED = '0'.repeat(128);

/** A key of a node, the same for the same name. */
export class TestKey {
  readonly publicKey: string;
  readonly keyId: string;
  private readonly signer: Ed25519Signer;

  constructor(name: string) {
    this.signer = createEd25519Signer(sha256(new TextEncoder().encode(name)));
    this.publicKey = bytesToHex(this.signer.publicKey);
    this.keyId = bytesToHex(sha256(this.signer.publicKey));
  }

  sign(statement: Uint8Array): string {
    return bytesToHex(this.signer.sign(statement));
  }
}

/** A node with a key, as a client of the hub. */
export class SigningNode {
  nonce = '';

  constructor(
    readonly id: string,
    public key = new TestKey(id),
  ) {}

  /** What joins with a token. */
  joinBody(token: string, key = this.key): object {
    const body = { token, node_id: this.id, public_key: key.publicKey };
    return { ...body, proof: key.sign(joinStatement(body)) };
  }

  async join(hub: Hub): Promise<KeyAnswer> {
    const { token } = await makeToken(hub, this.id);
    const response = await hub.post('/v1/nodes/join', this.joinBody(token));
    if (response.status !== 200) throw new Error(await response.text());
    const answer = (await response.json()) as KeyAnswer;
    this.nonce = answer.nonce;
    return answer;
  }

  /** A signed heartbeat; what is changed is signed too. */
  signed(nowMs: number, change: Partial<Heartbeat> = {}, nonce = this.nonce, key = this.key): Heartbeat {
    const signature = { key_id: key.keyId, nonce, value: UNSIGNED };
    const message = { ...heartbeatAt(nowMs, { node_id: this.id, ...change }), signature };
    return { ...message, signature: { ...signature, value: key.sign(heartbeatStatement(message)) } };
  }

  /** Sends a signed heartbeat and keeps the nonce of the answer. */
  async beat(hub: Hub, nowMs: number, change: Partial<Heartbeat> = {}) {
    const answer = await hub.beat(this.signed(nowMs, change));
    this.nonce = String(answer.nonce);
    return answer;
  }

  /** What replaces the key. */
  rotationBody(next: TestKey, old = this.key, nonce = this.nonce): object {
    const body = { key_id: old.keyId, public_key: next.publicKey, nonce };
    const statement = rotationStatement(this.id, body);
    return { ...body, proof: next.sign(statement), signature: old.sign(statement) };
  }
}

export async function makeToken(hub: Hub, nodeId: string, seconds = 60): Promise<JoinTokenAnswer> {
  const response = await hub.operate('POST', '/v1/join-tokens', { nodeId, seconds });
  if (response.status !== 200) throw new Error(await response.text());
  return (await response.json()) as JoinTokenAnswer;
}
