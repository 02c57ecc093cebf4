import { ExpressAdapter } from '@nestjs/platform-express';
import type { AnswerHeaders } from './cors.js';
import { createLimitedServer } from './limited-server.js';

/** Nest's Express adapter with a server that bounds what clients send and how long they take. */
export class LimitedExpressAdapter extends ExpressAdapter {
  constructor(private readonly headersOf: AnswerHeaders) {
    super();
  }

  override initHttpServer(): void {
    this.httpServer = createLimitedServer(this.getInstance(), {}, this.headersOf);
  }
}
