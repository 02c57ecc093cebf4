import 'reflect-metadata';
import { runService } from '@touchstone/platform';
import { attestationHubService } from './service.js';

await runService(attestationHubService);
