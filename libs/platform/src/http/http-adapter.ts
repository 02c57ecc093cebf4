import { ExpressAdapter } from '@nestjs/platform-express';
import { createLimitedServer } from './limited-server.js';

/** Nest's Express adapter with a server that bounds what clients send and how long they take. */
export class LimitedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createLimitedServer(this.getInstance());
  }
}
