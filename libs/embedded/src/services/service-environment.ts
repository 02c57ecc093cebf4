import type { ServiceName } from '@touchstone/contracts';
import type { ChainDescription, ServicePorts } from '../state/stack-file.js';
import { randomSecret, secp256k1Key, type SecretPlan } from '../state/secrets.js';

/** What the launcher knows when it starts one service. */
export interface ServiceContext {
  readonly service: ServiceName;
  readonly ports: ServicePorts;
  /** HTTP base URL of every service of this stack. */
  readonly urls: Readonly<Partial<Record<ServiceName, string>>>;
  readonly databaseUrl: string;
  readonly nats: { readonly url: string; readonly user: string; readonly password: string };
  readonly chain: ChainDescription;
  readonly logOrigin: string;
  /** The checkout. */
  readonly root: string;
  /** A folder that belongs to this service alone. */
  readonly dataFolder: string;
  /** The secrets that {@link serviceSecrets} lists for this service. */
  readonly secrets: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Secrets that only one service has, by the name of the variable that carries them. They are made once, lie in
 * `.touchstone/secrets/<service>.env` and are given to that one process.
 */
export const serviceSecrets: Readonly<Record<ServiceName, SecretPlan>> = {
  signer: {
    MODEL_SIGNING_KEY_HEX: secp256k1Key,
    MODEL_SIGNING_KEY_ID: () => 'model-signing-1',
    TOUCHSTONE_CHECKPOINT_SEED_HEX: randomSecret,
    TOUCHSTONE_ANCHOR_TX_KEY_HEX: secp256k1Key,
    TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: secp256k1Key,
  },
  'inference-gateway': {},
  'payment-verifier': {},
  'anchor-worker': {},
  'proof-service': {},
  'attestation-hub': {},
};

/** What a service gets beside what all get and its own secrets. */
const extraEnvironment: Readonly<Record<ServiceName, (context: ServiceContext) => Environment>> = {
  signer: () => ({}),
  'inference-gateway': () => ({}),
  'payment-verifier': () => ({}),
  'anchor-worker': () => ({}),
  'proof-service': () => ({}),
  'attestation-hub': () => ({}),
};

/** The configuration of one service in the embedded stack; the only place that knows names of service settings. */
export function serviceEnvironment(context: ServiceContext): Environment {
  return {
    DATABASE_URL: context.databaseUrl,
    NATS_URL: context.nats.url,
    TOUCHSTONE_NATS_USER: context.nats.user,
    TOUCHSTONE_NATS_PASSWORD: context.nats.password,
    TOUCHSTONE_HTTP_PORT: String(context.ports.http),
    TOUCHSTONE_GRPC_PORT: String(context.ports.grpc),
    TOUCHSTONE_HEALTH_PORT: String(context.ports.health),
    ...context.secrets,
    ...extraEnvironment[context.service](context),
  };
}
