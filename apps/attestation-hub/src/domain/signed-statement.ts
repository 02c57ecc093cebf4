import { canonicalJson } from '@touchstone/canonical-json';
import type { Heartbeat } from '@touchstone/contracts';
import type { JoinRequest, RotationRequest } from '@touchstone/contracts/http/attestation-hub';
import { bytesToHex, hexToBytes, sha256 } from '@touchstone/crypto';

/**
 * What nodes sign: a name that no other statement has, and the canonical form (RFC 8785) of the statement without its signatures. So no
 * signature of a node is good for anything but what it was made for.
 */
function statement(domain: string, members: Parameters<typeof canonicalJson>[0]): Uint8Array {
  return new TextEncoder().encode(`touchstone.${domain}.v1|${canonicalJson(members)}`);
}

/** The bytes that the signature of a heartbeat is over. */
export function heartbeatStatement({ signature, ...message }: Heartbeat): Uint8Array {
  const { value: _value, ...signed } = signature ?? { value: '' };
  return statement('heartbeat', { ...message, signature: signed } as Parameters<typeof canonicalJson>[0]);
}

/** The bytes that the proof of a key is over that joins. */
export function joinStatement({ token, node_id, public_key }: Omit<JoinRequest, 'proof'>): Uint8Array {
  return statement('join', { token, node_id, public_key });
}

/** The bytes that both keys sign when one replaces the other. */
export function rotationStatement(
  node_id: string,
  { key_id, public_key, nonce }: Omit<RotationRequest, 'proof' | 'signature'>,
): Uint8Array {
  return statement('rotate', { node_id, key_id, public_key, nonce });
}

/** The name of a key: SHA-256 of its 32 bytes. */
export function keyIdOf(publicKey: string): string {
  return bytesToHex(sha256(hexToBytes(publicKey) ?? new Uint8Array()));
}
