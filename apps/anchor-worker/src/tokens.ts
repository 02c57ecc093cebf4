import { token } from '@touchstone/platform/wiring';
import type { AnchorReader } from './domain/anchor/anchor-reader.js';
import type { CreatedPipeline } from './domain/pipeline/create-pipeline.js';

/** What Nest finds the ports of the domain by. */
export const ANCHOR_READER = token<AnchorReader>('AnchorReader');
export const PIPELINE = token<CreatedPipeline>('CreatedPipeline');
