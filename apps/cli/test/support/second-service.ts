import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { meshCaller, type ServiceName } from '@touchstone/contracts';
import {
  freePort,
  serviceDatabaseUrl,
  serviceEnvironment,
  STACK_NODE,
  type RunningStack,
  type ServicePlan,
  type ServicePorts,
} from '@touchstone/embedded';
import { checkout } from '../../src/stack/run-stack.js';

/** How a further process of a service of a running stack is run: same database, same mesh, ports of its own. */
export interface SecondService {
  readonly plan: ServicePlan;
  readonly ports: ServicePorts;
  readonly url: string;
}

/**
 * Plans a further process of a service, as an operator who adds a replica would configure it.
 *
 * @param node one of those that the stack was started with
 */
export async function secondService(
  stack: RunningStack,
  stateDir: string,
  service: ServiceName,
  settings: Readonly<Record<string, string>> = {},
  node = STACK_NODE,
): Promise<SecondService> {
  const { description, secrets } = stack;
  const own = description.services[service] as ServicePorts;
  const http = await freePort(own.http + 20_000);
  const grpc = await freePort(own.grpc + 20_000);
  const health = await freePort(own.health + 20_000);
  const ports = { http, grpc, health };
  const dataFolder = join(stateDir, 'data', `${service}-2`);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const databaseUrl = serviceDatabaseUrl(description.postgres.port, service, secrets.rolePasswords[service]);
  const plan: ServicePlan = {
    name: service,
    entry: join(checkout, 'apps', service, 'bundle', 'main.js'),
    root: checkout,
    logFile: join(stateDir, 'logs', `${service}-2.log`),
    healthPort: health,
    environment: serviceEnvironment({
      service,
      ports,
      urls: description.urls,
      databaseUrl,
      nats: { url: description.nats.url, ...stack.natsLogin(meshCaller(service, node)) },
      node,
      chain: description.chain,
      logOrigin: description.logOrigin,
      root: checkout,
      dataFolder,
      operatorTokenSha256: secrets.operatorTokenSha256,
      secrets: secrets.services[service],
      settings,
    }),
  };
  return { plan, ports, url: `http://127.0.0.1:${http}` };
}
