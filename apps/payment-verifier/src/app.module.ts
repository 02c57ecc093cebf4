import { Module, type DynamicModule } from '@nestjs/common';
import { MeshModule } from '@touchstone/nats';
import type { ServiceContext } from '@touchstone/platform';
import { OutboxModule, PostgresModule } from '@touchstone/postgres';
import type { Config } from './config.js';
import { postgresOptions } from './persistence/database-options.js';
import { adapters } from './providers/adapters.js';
import { useCases } from './providers/use-cases.js';
import { FacilitatorController } from './transport/http/facilitator.controller.js';
import { PaymentRpcController } from './transport/nats/payment-rpc.controller.js';

/** Wires the payment-verifier. */
@Module({})
export class AppModule {
  static forConfig(config: Config, context: ServiceContext<Config>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PostgresModule.forRoot(postgresOptions(config)),
        MeshModule.forRoot({
          service: 'payment-verifier',
          url: config.NATS_URL,
          user: config.TOUCHSTONE_NATS_USER,
          password: config.TOUCHSTONE_NATS_PASSWORD ?? '',
          provisioned: { streams: ['PAYMENT'] },
        }),
        OutboxModule,
      ],
      controllers: [FacilitatorController, PaymentRpcController],
      providers: [...adapters(config, context), ...useCases(config, context)],
    };
  }
}
