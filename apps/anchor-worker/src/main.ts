import { runService } from '@touchstone/platform';
import { serviceDefinition } from './service.js';

await runService(serviceDefinition);
