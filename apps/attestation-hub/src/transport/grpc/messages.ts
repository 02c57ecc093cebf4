/** A message of hub.proto: camel case, 64-bit integers as strings, optional fields there only where they were sent. */
export interface HeartbeatMessage {
  readonly nodeId: string;
  readonly health: string;
  readonly tsUtc: string;
  readonly attestation: {
    readonly schema: string;
    readonly buildId: string;
    readonly capabilityHash: string;
    readonly runtime: Readonly<Record<string, string>>;
  } | null;
  readonly bootId?: string;
  readonly sequence?: string;
  readonly signature: { readonly keyId: string; readonly nonce: string; readonly value: string } | null;
}

/** A heartbeat as JSON has it, which no schema has seen yet; its signature is over this form. */
export function heartbeatOf({
  nodeId,
  health,
  tsUtc,
  attestation,
  bootId,
  sequence,
  signature,
}: HeartbeatMessage): unknown {
  return {
    node_id: nodeId,
    health,
    ts_utc: tsUtc,
    ...(attestation && { attestation: attestationOf(attestation) }),
    ...(bootId === undefined ? {} : { boot_id: bootId }),
    ...(sequence === undefined ? {} : { sequence: Number(sequence) }),
    ...(signature && {
      signature: { key_id: signature.keyId, nonce: signature.nonce, value: signature.value },
    }),
  };
}

function attestationOf({
  schema,
  buildId,
  capabilityHash,
  runtime,
}: NonNullable<HeartbeatMessage['attestation']>): unknown {
  return { schema, build_id: buildId, capability_hash: capabilityHash, runtime };
}
