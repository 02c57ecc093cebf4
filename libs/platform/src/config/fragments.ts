import { hasNodeUsers, nodeName, services, type ServiceName } from '@touchstone/contracts';
import { z } from 'zod';
import { secret } from './metadata.js';
import { integerKey, portKey } from './values.js';

/** Log levels, the most talkative first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const endpoint = z.url({ protocol: /^https?$/, error: 'Expected an http(s) URL.' });

/** The default budget of a shutdown in milliseconds; with the drain delay before it 25 s, and Kubernetes kills after 30. */
export const SHUTDOWN_TIMEOUT_DEFAULT_MS = 20_000;
/** The default drain delay in seconds: a load balancer that asks every 2 s has seen it twice. */
export const DRAIN_SECONDS_DEFAULT = 5;
/** Longest drain delay in seconds. */
export const DRAIN_SECONDS_MAX = 300;

/** Keys that every service has. Spread them into the service's own object schema. */
export function serviceKeys(service: ServiceName) {
  const ports = services[service];
  return {
    TOUCHSTONE_BIND_HOST: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address that HTTP, gRPC and health listen on; 0.0.0.0 in a container.'),
    TOUCHSTONE_HTTP_PORT: portKey().default(ports.http).describe('Port of the HTTP interface.'),
    TOUCHSTONE_GRPC_PORT: portKey().default(ports.grpc).describe('Port of the gRPC interface.'),
    TOUCHSTONE_HEALTH_PORT: portKey()
      .default(ports.health)
      .describe('Port of /livez, /readyz and /metrics; keep it inside the cluster.'),
    TOUCHSTONE_LOG_LEVEL: z
      .enum(logLevels)
      .default('info')
      .describe('The least severe level that is logged.'),
    TOUCHSTONE_SHUTDOWN_TIMEOUT_MS: integerKey(100, 600_000)
      .default(SHUTDOWN_TIMEOUT_DEFAULT_MS)
      .describe('Milliseconds that a shutdown may take after the drain delay.'),
    TOUCHSTONE_DRAIN_SECONDS: integerKey(0, DRAIN_SECONDS_MAX)
      .default(DRAIN_SECONDS_DEFAULT)
      .describe(
        'Seconds after SIGTERM in which /readyz answers 503 and everything else goes on, so that load balancers stop ' +
          'sending before connections are refused. SIGINT and a second signal do not wait. docs/processes.md.',
      ),
    TOUCHSTONE_BUILD_HASH: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { message: 'Expected 64 lower-case hexadecimal digits.' })
      .optional()
      .describe('Hash of the deployed code, where the image states it; computed from the files otherwise.'),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint
      .optional()
      .describe(
        'OpenTelemetry collector (OTLP over HTTP) that spans are sent to; nothing is recorded without.',
      ),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint
      .optional()
      .describe('Full URL for spans, where it is not /v1/traces below the general endpoint.'),
  };
}

/** Keys of a service that answers over gRPC; without them it does so in the clear. */
export function grpcTlsKeys() {
  return {
    TOUCHSTONE_GRPC_TLS_CERT_FILE: z
      .string()
      .min(1)
      .optional()
      .describe(
        'PEM file of the certificate of the gRPC interface, its chain after it; with it gRPC is answered over TLS alone.',
      ),
    TOUCHSTONE_GRPC_TLS_KEY: secret(z.string().min(1).optional()).describe(
      'Private key of that certificate in PEM form.',
    ),
    TOUCHSTONE_GRPC_TLS_CLIENT_CA_FILE: z
      .string()
      .min(1)
      .optional()
      .describe(
        'PEM file of the authorities whose certificates callers over gRPC must have (mutual TLS); anybody may connect when left out.',
      ),
  };
}

/** The parsed value of {@link grpcTlsKeys}. */
export type GrpcTlsConfig = z.output<z.ZodObject<ReturnType<typeof grpcTlsKeys>>>;

/** Keys of a service that talks to NATS. */
export function natsKeys(service: ServiceName) {
  return {
    NATS_URL: z
      .string()
      .min(1)
      .default('nats://127.0.0.1:4222')
      .describe('NATS servers, separated by commas.'),
    TOUCHSTONE_NATS_USER: z
      .string()
      .min(1)
      .optional()
      .describe(
        `Login of the NATS user of this service; ${service}${hasNodeUsers(service) ? '.<TOUCHSTONE_NODE_ID>' : ''} when left out.`,
      ),
    TOUCHSTONE_NATS_PASSWORD: secret(z.string().min(1).optional()).describe('Password of the NATS user.'),
  };
}

/** The name of the only node, where nobody gives another. */
export const NODE_DEFAULT = 'node-1';

/** Keys of a service that reports itself to the attestation hub. */
export function nodeKeys(service: ServiceName) {
  return {
    TOUCHSTONE_NODE_ID: nodeName
      .default(NODE_DEFAULT)
      .describe(
        hasNodeUsers(service)
          ? 'Name of this node at the attestation hub, in every record and in the name of its NATS user.'
          : `Name of the node that this runs on; the attestation hub knows it as ${service}:<TOUCHSTONE_NODE_ID>.`,
      ),
    TOUCHSTONE_HEARTBEATS: z
      .enum(['on', 'off'])
      .default('on')
      .describe('Whether this service reports itself to the attestation hub.'),
  };
}

/** Keys of a service that keeps its records in PostgreSQL. */
export function databaseKeys() {
  return {
    DATABASE_URL: secret(
      z.string().regex(/^postgres(?:ql)?:\/\//, {
        message: 'Expected postgresql://user:password@host:port/database.',
      }),
    ).describe(
      'PostgreSQL connection of this service’s own role, to a server or to a pooler of sessions (not of transactions); ' +
        'docs/database.md has the forms of TLS.',
    ),
    TOUCHSTONE_DATABASE_POOL_MAX: integerKey(1, 200)
      .default(10)
      .describe('Largest number of database connections.'),
    TOUCHSTONE_DATABASE_STATEMENT_TIMEOUT_MS: integerKey(100, 600_000)
      .default(10_000)
      .describe('Milliseconds after which PostgreSQL cancels a statement.'),
  };
}

/** The parsed value of {@link serviceKeys}; every service's configuration has these keys. */
export type ServiceConfig = z.output<z.ZodObject<ReturnType<typeof serviceKeys>>>;
