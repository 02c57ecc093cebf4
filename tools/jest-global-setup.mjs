// Starts PostgreSQL and NATS once for all projects of the run that need them.
import { startTestServers } from '../libs/testing/dist/index.js';

export default async function setup() {
  globalThis.stopTouchstoneTestServers ??= await startTestServers();
}
