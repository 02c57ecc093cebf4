import 'reflect-metadata';
import { runService } from '@touchstone/platform';
import { gatewayService } from './service.js';

await runService(gatewayService);
