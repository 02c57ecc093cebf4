import { runService } from '@touchstone/platform';
import { proofService } from './proof-service.js';

await runService(proofService);
