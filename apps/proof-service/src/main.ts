import { runService } from '@touchstone/platform';
import { service } from './service.js';

await runService(service);
