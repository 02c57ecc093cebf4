import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const GATEWAY_SCHEMA = services['inference-gateway'].schema;
