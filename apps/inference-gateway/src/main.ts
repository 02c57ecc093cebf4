import { runService } from '@touchstone/platform/runtime';
import { service } from './service.js';

await runService(service);
