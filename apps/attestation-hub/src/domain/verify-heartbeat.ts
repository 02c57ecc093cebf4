import type { Heartbeat } from '@touchstone/contracts';
import {
  createEd25519Verifier,
  hexToBytes,
  LeastRecentlyUsed,
  type Ed25519Verifier,
} from '@touchstone/crypto';
import type { SignedBy } from './node-keys.js';
import type { KeyReader } from './key-ports.js';
import { heartbeatStatement } from './signed-statement.js';

/** Keys that are kept ready in memory; of others the curve is asked anew, which takes a millisecond. */
export const READY_KEYS_MAX = 16_384;

interface ReadyKey {
  readonly nodeId: string;
  readonly verify: Ed25519Verifier;
}

/**
 * Verifies signatures of heartbeats before anything is locked. Whose a key is never changes, so it may stay in memory; whether it still
 * holds, the database says.
 */
export class VerifyHeartbeat {
  private readonly ready = new LeastRecentlyUsed<ReadyKey>(READY_KEYS_MAX);

  constructor(private readonly keys: KeyReader) {}

  /** Who signed, `null` of a heartbeat that nobody signed. */
  async run(message: Heartbeat): Promise<SignedBy | null> {
    const { signature } = message;
    if (signature === undefined) return null;
    const { key_id: keyId, nonce, value } = signature;
    const key = this.ready.get(keyId) ?? (await this.load(keyId));
    if (key === undefined) return { keyId, nonce, fault: 'key-unknown' };
    if (key.nodeId !== message.node_id) return { keyId, nonce, fault: 'key-of-another-node' };
    const verdict = key.verify(heartbeatStatement(message), hexToBytes(value) ?? new Uint8Array());
    return { keyId, nonce, fault: verdict === 'ok' ? null : 'signature-invalid' };
  }

  private async load(keyId: string): Promise<ReadyKey | undefined> {
    const found = await this.keys.owner(keyId);
    if (found === undefined) return undefined;
    const publicKey = hexToBytes(found.publicKey) ?? new Uint8Array();
    const ready = { nodeId: found.nodeId, verify: createEd25519Verifier(publicKey) };
    this.ready.set(keyId, ready);
    return ready;
  }
}
