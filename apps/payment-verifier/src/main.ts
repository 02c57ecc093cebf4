import 'reflect-metadata';
import { runService } from '@touchstone/platform';
import { paymentVerifierService } from './service.js';

await runService(paymentVerifierService);
