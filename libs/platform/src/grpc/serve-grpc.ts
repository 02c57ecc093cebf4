import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import type { INestApplication } from '@nestjs/common';
import { HealthImplementation } from 'grpc-health-check';
import type { ServiceContext } from '../service/service-context.js';
import { GrpcProblemFilter, GrpcTraceInterceptor } from './grpc-enhancers.js';
import { BoundGrpcServer, GRPC_MESSAGE_BYTES_DEFAULT_MAX } from './grpc-server.js';

/** What to serve over gRPC. */
export interface GrpcOptions {
  /** Protobuf packages, for example `touchstone.signer.v1`. */
  readonly packages: readonly string[];
  readonly protoPaths: readonly string[];
  readonly includeDirs?: readonly string[];
  /** Full service names that `grpc.health.v1` reports beside the empty name. */
  readonly services: readonly string[];
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly messageBytesMax?: number;
}

/**
 * Adds a gRPC server to a Nest application: controllers with `@GrpcMethod`, the health service, reflection, traces
 * from metadata and errors as status with `ErrorInfo`. 64-bit integers are strings, names are camel case. It starts
 * and stops with the service; `runService` prints its port.
 */
export function serveGrpc(
  app: INestApplication,
  service: ServiceContext,
  options: GrpcOptions,
): BoundGrpcServer {
  const health = new HealthImplementation(servingMap(options.services, 'SERVING'));
  const strategy = new BoundGrpcServer(
    {
      package: [...options.packages],
      protoPath: [...options.protoPaths],
      loader: {
        longs: String,
        enums: String,
        keepCase: false,
        defaults: true,
        oneofs: true,
        includeDirs: [...(options.includeDirs ?? [])],
      },
      onLoadPackageDefinition: (definition: PackageDefinition, server: Server) => {
        health.addToServer(server);
        new ReflectionService(definition).addToServer(server);
      },
    },
    {
      host: options.host,
      port: options.port,
      messageBytesMax: options.messageBytesMax ?? GRPC_MESSAGE_BYTES_DEFAULT_MAX,
    },
  );
  // Deferred, because handlers take the global filters that exist when they are made.
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true });
  microservice.useGlobalFilters(new GrpcProblemFilter(service.logger));
  microservice.useGlobalInterceptors(new GrpcTraceInterceptor());
  service.health.onDraining(() => {
    for (const name of ['', ...options.services]) health.setStatus(name, 'NOT_SERVING');
  });
  service.shutdown.add('in-flight', 'grpc calls', () => strategy.close());
  service.listening.grpc = () => strategy.port;
  return strategy;
}

function servingMap(services: readonly string[], state: 'SERVING'): Record<string, 'SERVING'> {
  return Object.fromEntries(['', ...services].map((name) => [name, state]));
}
