import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BUILD_INFO } from '../build-info.js';
import { CLOCK } from '../clock.js';
import { HEALTH } from '../health/health-registry.js';
import { SHUTDOWN } from '../lifecycle/shutdown.js';
import { LOGGER } from '../logging/logger.js';
import { METRICS } from '../metrics/metrics.js';
import { CONFIG, SERVICE_CONTEXT, type ServiceContext } from './service-context.js';

/** Provides the platform's parts to every module of a service under their tokens. */
@Module({})
export class PlatformModule {
  /** The module of one running service. */
  static forService(context: ServiceContext): DynamicModule {
    const values: readonly (readonly [symbol, unknown])[] = [
      [SERVICE_CONTEXT, context],
      [CONFIG, context.config],
      [LOGGER, context.logger],
      [METRICS, context.metrics],
      [HEALTH, context.health],
      [SHUTDOWN, context.shutdown],
      [CLOCK, context.clock],
      [BUILD_INFO, context.build],
    ];
    return {
      module: PlatformModule,
      global: true,
      imports: [DiscoveryModule],
      providers: values.map(([provide, useValue]) => ({ provide, useValue })),
      exports: [...values.map(([token]) => token), DiscoveryModule],
    };
  }
}

/** The root of the application: the platform beside the service's own module. */
@Module({})
export class ServiceRootModule {
  static of(context: ServiceContext, service: Type | DynamicModule): DynamicModule {
    return { module: ServiceRootModule, imports: [PlatformModule.forService(context), service] };
  }
}
