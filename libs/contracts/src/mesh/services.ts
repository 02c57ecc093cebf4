/** The deployable services with their default ports: HTTP, gRPC, and health with metrics. */
export const services = {
  'inference-gateway': { http: 8080, grpc: 9080, health: 10087, schema: 'gateway' },
  signer: { http: 8081, grpc: 9081, health: 10081, schema: 'signer' },
  'payment-verifier': { http: 8082, grpc: 9082, health: 10082, schema: 'payments' },
  'anchor-worker': { http: 8083, grpc: 9083, health: 10083, schema: 'anchors' },
  'proof-service': { http: 8084, grpc: 9084, health: 10084, schema: 'proofs' },
  'attestation-hub': { http: 8787, grpc: 9085, health: 10085, schema: 'attestation' },
} as const;

/** The name of a service; also its database role, and with its node where it has some (`nodeServices`) its NATS user. */
export type ServiceName = keyof typeof services;

export const serviceNames = Object.keys(services) as readonly ServiceName[];
