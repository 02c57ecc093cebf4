import { join } from 'node:path';
import { rpcTable, type ServiceName } from '@touchstone/contracts';
import { developmentToken } from '../evm/development-chain.js';
import type { ChainDescription, ServicePorts, TsaDescription } from '../state/stack-file.js';
import { randomSecret, secp256k1Key, type SecretPlan } from '../state/secrets.js';

/** What the launcher knows when it starts one service. */
export interface ServiceContext {
  readonly service: ServiceName;
  readonly ports: ServicePorts;
  /** HTTP base URL of every service of this stack. */
  readonly urls: Readonly<Partial<Record<ServiceName, string>>>;
  readonly databaseUrl: string;
  readonly nats: { readonly url: string; readonly user: string; readonly password: string };
  /** The node that it runs on; {@link STACK_NODE} when left out. */
  readonly node?: string | undefined;
  readonly chain: ChainDescription;
  /** Absent where the stack has no time-stamping authority. */
  readonly tsa?: TsaDescription | undefined;
  readonly logOrigin: string;
  /** The checkout. */
  readonly root: string;
  /** A folder that belongs to this service alone. */
  readonly dataFolder: string;
  /** Says whether a token is the operator's, without being one. */
  readonly operatorTokenSha256: string;
  /** The secrets that {@link serviceSecrets} lists for this service. */
  readonly secrets: Readonly<Record<string, string>>;
  /** OpenTelemetry's own variables. */
  readonly telemetry?: Readonly<Record<string, string>>;
  /** Origins whose pages may use the public routes, as the environment of the launcher names them. */
  readonly corsOrigins?: string | undefined;
  /** Who may post heartbeats, as the launcher’s environment has it. */
  readonly heartbeatTokens?: string | undefined;
  /** The rules of the hub, as the launcher’s environment has them. */
  readonly flipRules?: Readonly<Record<string, string>>;
  /** Settings of whoever starts the stack; they win over all others. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The node on which the embedded services run, as heartbeats, records and log entries name it. */
export const STACK_NODE = 'local-1';

/** Whose events the operator of the embedded stack has signed. */
const DEVELOPMENT_TENANT = '00000000-0000-4000-8000-000000000001';

/** What developers sign who submit a model to a stack on their own machine. */
const DEVELOPMENT_TERMS =
  'For trying alone: whoever submits a model to this stack has the right to, and nobody is paid for it.';

type Environment = Readonly<Record<string, string>>;

/**
 * Secrets that only one service has, by the name of the variable that carries them. They are made once, lie in
 * `.touchstone/secrets/<service>.env` and are given to that one process.
 */
export const serviceSecrets: Readonly<Partial<Record<ServiceName, SecretPlan>>> = {
  signer: {
    MODEL_SIGNING_KEY_HEX: secp256k1Key,
    MODEL_SIGNING_KEY_ID: () => 'model-signing-1',
    TOUCHSTONE_CHECKPOINT_SEED_HEX: randomSecret,
    TOUCHSTONE_ANCHOR_TX_KEY_HEX: secp256k1Key,
    TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: secp256k1Key,
    TOUCHSTONE_SIGNER_TOKENS: randomSecret,
    ORACLE_ED25519_SEED: randomSecret,
    TOUCHSTONE_BATCH_CALLERS: randomSecret,
  },
  'payment-verifier': { TOUCHSTONE_FACILITATOR_TOKENS: randomSecret },
};

const networkOf = ({ chain }: ServiceContext): string => `eip155:${chain.chainId}`;

const anchorContractsOf = (context: ServiceContext): string =>
  JSON.stringify({ [networkOf(context)]: context.chain.anchorRegistry });

/** Milliseconds between two looks at the development chain, whose blocks come at once. */
const CHAIN_POLL_MS = 200;

/** Where the anchor-worker of a stack anchors every checkpoint, as its configuration has it. */
export function anchorTargets({ chain, tsa }: Pick<ServiceContext, 'chain' | 'tsa'>): string {
  const onChain = {
    kind: 'evm',
    network: `eip155:${chain.chainId}`,
    url: chain.rpcUrl,
    contract: chain.anchorRegistry,
    spacingMs: 0,
    pollMs: CHAIN_POLL_MS,
  };
  return JSON.stringify([onChain, ...(tsa ? [{ kind: 'rfc3161', ...tsa, spacingMs: 0 }] : [])]);
}

/** A setting that is left to its default when the part it names is not in this stack. */
const optional = (name: string, value: string | undefined): Environment =>
  value === undefined ? {} : { [name]: value };

/** The services with routes for pages of other origins; the others would refuse the name. */
const publicServices: ReadonlySet<ServiceName> = new Set([
  'inference-gateway',
  'payment-verifier',
  'proof-service',
]);

/** The services that report themselves; the hub that takes the reports is none of them. */
const reportsItself = (service: ServiceName): boolean =>
  (rpcTable['attestation-hub'].heartbeat as readonly ServiceName[]).includes(service);

/** What a service gets beside what all get and its own secrets. */
const extraEnvironment: Readonly<Partial<Record<ServiceName, (context: ServiceContext) => Environment>>> = {
  signer: (context) => ({
    TOUCHSTONE_LOG_ORIGIN: context.logOrigin,
    TOUCHSTONE_ANCHOR_CONTRACTS: anchorContractsOf(context),
    TOUCHSTONE_SETTLEMENT_NETWORK: networkOf(context),
    TOUCHSTONE_SETTLEMENT_ASSET: context.chain.usdc,
    TOUCHSTONE_SIGNER_TOKENS: JSON.stringify({
      'inference-gateway': context.secrets['TOUCHSTONE_SIGNER_TOKENS'],
      operator: context.secrets['TOUCHSTONE_BATCH_CALLERS'],
    }),
    TOUCHSTONE_BATCH_CALLERS: JSON.stringify({
      operator: { tenant: DEVELOPMENT_TENANT, leaves: true },
    }),
  }),
  'inference-gateway': (context) => ({
    TOUCHSTONE_MODELS_DIR: join(context.root, 'models'),
    TOUCHSTONE_PAYMENT_MODE: 'x402',
    TOUCHSTONE_PAYMENT_NETWORK: networkOf(context),
    TOUCHSTONE_PAYMENT_ASSET: context.chain.usdc,
    TOUCHSTONE_PAYMENT_ASSET_NAME: developmentToken.name,
    TOUCHSTONE_PAYMENT_ASSET_VERSION: developmentToken.version,
    TOUCHSTONE_PAY_TO: context.chain.treasury,
    TOUCHSTONE_OPERATOR_TOKEN_SHA256: context.operatorTokenSha256,
    TOUCHSTONE_SUBMISSION_TERMS: DEVELOPMENT_TERMS,
    // Whoever asks a stack on loopback is one address: its owner, with his demo, tests and measurements.
    TOUCHSTONE_RATE_LIMIT_PER_MINUTE: '0',
    ...optional('TOUCHSTONE_PUBLIC_URL', context.urls['inference-gateway']),
    ...optional('TOUCHSTONE_EVIDENCE_URL', context.urls['proof-service']),
  }),
  'payment-verifier': (context) => ({
    TOUCHSTONE_EVM_RPC_URL: context.chain.rpcUrl,
    TOUCHSTONE_PAYMENT_NETWORK: networkOf(context),
    TOUCHSTONE_PAYMENT_ASSET: context.chain.usdc,
    TOUCHSTONE_PAYMENT_RECIPIENTS: context.chain.treasury,
    TOUCHSTONE_FACILITATOR_TOKENS: JSON.stringify({
      operator: context.secrets['TOUCHSTONE_FACILITATOR_TOKENS'],
    }),
  }),
  'anchor-worker': (context) => ({
    ANCHOR_MODE: 'advanced',
    ANCHOR_INTERVAL_SEC: '0.4',
    TOUCHSTONE_LOG_ORIGIN: context.logOrigin,
    TOUCHSTONE_ANCHOR_TARGETS: anchorTargets(context),
  }),
  'proof-service': (context) => ({
    TOUCHSTONE_LOG_ORIGIN: context.logOrigin,
    TOUCHSTONE_ANCHOR_CONTRACTS: anchorContractsOf(context),
  }),
  'attestation-hub': ({ heartbeatTokens, operatorTokenSha256, flipRules }) => ({
    TOUCHSTONE_OPERATOR_TOKEN_SHA256: operatorTokenSha256,
    ...optional('TOUCHSTONE_HEARTBEAT_TOKENS', heartbeatTokens),
    ...flipRules,
  }),
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
    // No load balancer stands before the stack of a developer.
    TOUCHSTONE_DRAIN_SECONDS: '0',
    ...optional(
      'TOUCHSTONE_NODE_ID',
      reportsItself(context.service) ? (context.node ?? STACK_NODE) : undefined,
    ),
    ...context.secrets,
    ...extraEnvironment[context.service]?.(context),
    ...(publicServices.has(context.service) ? optional('TOUCHSTONE_CORS_ORIGINS', context.corsOrigins) : {}),
    ...context.telemetry,
    ...context.settings,
  };
}
