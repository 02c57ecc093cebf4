import { runService } from '@touchstone/platform';
import { signerService } from './signer-service.js';

await runService(signerService);
