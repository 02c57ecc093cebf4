import { AppError } from '@touchstone/contracts';
import type {
  JoinRequest,
  JoinTokenAnswer,
  KeyAnswer,
  RotationRequest,
} from '@touchstone/contracts/http/attestation-hub';
import { bytesToHex, checkEd25519PublicKey, ed25519Verify, hexToBytes, sha256Text } from '@touchstone/crypto';
import type { Decided, OperatorAct } from './decision-ports.js';
import type { KeyStore } from './key-ports.js';
import { keyError } from './node-keys.js';
import type { AuditTrail, Clock, DecisionWatcher, Randomness } from './ports.js';
import { joinStatement, keyIdOf, rotationStatement } from './signed-statement.js';

/** Keys of nodes: how one joins, is replaced and is revoked. */
export class ManageKeys {
  constructor(
    private readonly store: KeyStore,
    private readonly audit: AuditTrail,
    private readonly watcher: DecisionWatcher,
    private readonly clock: Clock,
    private readonly random: Randomness,
  ) {}

  async makeToken(nodeId: string, seconds: number, remoteAddress: string | null): Promise<JoinTokenAnswer> {
    const token = this.random.token();
    const expiresAtMs = this.clock.nowMs() + seconds * 1_000;
    this.tell(
      await this.store.addToken({ hash: hashOf(token), nodeId, expiresAtMs }, this.act(remoteAddress)),
    );
    return { nodeId, token, expiresAt: new Date(expiresAtMs).toISOString() };
  }

  async join(request: JoinRequest, remoteAddress: string | null): Promise<KeyAnswer> {
    const { node_id: nodeId, public_key: publicKey, proof, token } = request;
    requireProof(publicKey, joinStatement(request), proof);
    const key = { nodeId, publicKey, keyId: keyIdOf(publicKey) };
    const decided = await this.store.join(key, hashOf(token), this.random.nonce(), this.act(remoteAddress));
    return { nodeId, keyId: key.keyId, nonce: this.tell(decided) };
  }

  async rotate(nodeId: string, request: RotationRequest, remoteAddress: string | null): Promise<KeyAnswer> {
    const { key_id: oldKeyId, public_key: publicKey, nonce, proof, signature } = request;
    const statement = rotationStatement(nodeId, request);
    requireProof(publicKey, statement, proof);
    const owner = await this.store.owner(oldKeyId);
    const fault =
      owner === undefined
        ? 'key-unknown'
        : owner.nodeId !== nodeId
          ? 'key-of-another-node'
          : isSigned(owner.publicKey, statement, signature)
            ? null
            : 'signature-invalid';
    const key = { nodeId, publicKey, keyId: keyIdOf(publicKey) };
    const old = { keyId: oldKeyId, nonce, fault } as const;
    const decided = await this.store.rotate(key, old, this.random.nonce(), this.act(remoteAddress));
    return { nodeId, keyId: key.keyId, nonce: this.tell(decided) };
  }

  async revoke(nodeId: string, remoteAddress: string | null): Promise<string> {
    return this.tell(await this.store.revoke(nodeId, this.act(remoteAddress)));
  }

  async nonce(nodeId: string): Promise<string> {
    return (await this.store.nonce(nodeId, this.random.nonce(), this.clock.nowMs())).text;
  }

  private act(remoteAddress: string | null): OperatorAct {
    return { atMs: this.clock.nowMs(), remoteAddress };
  }

  private tell<T>({ result, audit, observations }: Decided<T>): T {
    for (const record of audit) this.audit.record(record);
    for (const { decision } of observations) if (decision !== null) this.watcher.decided(decision);
    return result;
  }
}

function requireProof(publicKey: string, statement: Uint8Array, proof: string): void {
  const check = checkEd25519PublicKey(hexToBytes(publicKey) ?? new Uint8Array());
  if (check !== 'ok')
    throw new AppError('validation-failed', `The public key is refused: ${check}.`, {
      details: [{ pointer: '/public_key', detail: check }],
    });
  if (!isSigned(publicKey, statement, proof)) throw keyError('signature-invalid', '/proof');
}

function isSigned(publicKey: string, statement: Uint8Array, signature: string): boolean {
  const [key, bytes] = [publicKey, signature].map((hex) => hexToBytes(hex) ?? new Uint8Array());
  return key !== undefined && bytes !== undefined && ed25519Verify(statement, bytes, key) === 'ok';
}

function hashOf(token: string): string {
  return bytesToHex(sha256Text(token));
}
