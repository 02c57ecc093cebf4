import type { ServiceContext } from '@touchstone/platform/wiring';
import type { ServiceParts } from '@touchstone/service';
import type { Config } from './config.js';
import { adapters } from './providers/adapters.js';
import { useCases } from './providers/use-cases.js';
import { FacilitatorController } from './transport/http/facilitator.controller.js';
import { PaymentRpcController } from './transport/nats/payment-rpc.controller.js';
import { TransferRpcController } from './transport/nats/transfer-rpc.controller.js';

/** Wires the payment-verifier. */
export function appParts(config: Config, context: ServiceContext<Config>): ServiceParts {
  return {
    controllers: [FacilitatorController, PaymentRpcController, TransferRpcController],
    providers: [...adapters(config, context), ...useCases(config, context)],
  };
}
