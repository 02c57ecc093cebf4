import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { INestApplication } from '@nestjs/common';
import type { GrpcTlsConfig, ServiceConfig } from '../config/fragments.js';
import { rateLimitsOf } from '../rates/rate-keys.js';
import type { ServiceContext } from '../service/service-context.js';
import { grpcCredentials } from './grpc-credentials.js';
import { GrpcProblemFilter, GrpcTraceInterceptor } from './grpc-enhancers.js';
import { BoundGrpcServer, GRPC_MESSAGE_BYTES_DEFAULT_MAX } from './grpc-server.js';
import { GrpcRateInterceptor } from './grpc-rate-interceptor.js';
import { HealthStatus } from './health-status.js';
import { protoLoading } from './message-reader.js';

/** What to serve over gRPC. */
export interface GrpcOptions {
  /** The service with its package, for example `touchstone.signer.v1.SignerService`. */
  readonly service: string;
  readonly protoPath: string;
  readonly requestBytesMax?: number;
  readonly answerBytesMax?: number;
  /** Methods that cost something, where calls are counted. */
  readonly costly?: readonly string[];
}

/** The settings of a gRPC interface; a service whose configuration has no keys of TLS answers in the clear. */
export type GrpcConfig = Pick<ServiceConfig, 'TOUCHSTONE_BIND_HOST' | 'TOUCHSTONE_GRPC_PORT'> &
  Partial<GrpcTlsConfig>;

/**
 * Adds a gRPC server to a Nest application: controllers with `@GrpcMethod`, the health service, reflection, traces
 * from metadata and errors as status with `ErrorInfo`. 64-bit integers are strings, names are camel case. It starts
 * and stops with the service; `runService` prints its port.
 *
 * @throws AppError `config-invalid` for settings of TLS that do not fit
 */
export function serveGrpc(
  app: INestApplication,
  service: ServiceContext<GrpcConfig>,
  options: GrpcOptions,
): BoundGrpcServer {
  const { config } = service;
  const health = new HealthStatus(options.service, service.health);
  const strategy = new BoundGrpcServer(
    {
      package: options.service.slice(0, options.service.lastIndexOf('.')),
      protoPath: options.protoPath,
      loader: protoLoading,
      onLoadPackageDefinition: (definition: PackageDefinition, server: Server) => {
        health.addTo(server);
        new ReflectionService(definition).addToServer(server);
      },
    },
    {
      host: config.TOUCHSTONE_BIND_HOST,
      port: config.TOUCHSTONE_GRPC_PORT,
      credentials: grpcCredentials(config, service.clock.nowMs()),
      requestBytesMax: options.requestBytesMax ?? GRPC_MESSAGE_BYTES_DEFAULT_MAX,
      answerBytesMax: options.answerBytesMax ?? GRPC_MESSAGE_BYTES_DEFAULT_MAX,
    },
  );
  // Deferred, because handlers take the global filters that exist when they are made.
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true });
  microservice.useGlobalFilters(new GrpcProblemFilter(service.logger));
  const rates = rateLimitsOf(service);
  microservice.useGlobalInterceptors(
    new GrpcTraceInterceptor(),
    ...(rates ? [new GrpcRateInterceptor(rates, new Set(options.costly))] : []),
  );
  health.begin();
  service.shutdown.add('in-flight', 'grpc calls', () => strategy.close());
  service.listening.grpc = () => strategy.port;
  return strategy;
}
