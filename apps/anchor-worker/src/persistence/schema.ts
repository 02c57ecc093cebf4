import { services } from '@touchstone/contracts';

/** The schema that this service owns. */
export const ANCHOR_SCHEMA = services['anchor-worker'].schema;
