import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const PROOF_SCHEMA = services['proof-service'].schema;
