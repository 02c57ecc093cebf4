import { services, type ServiceName } from '@touchstone/contracts';
import type { PortClaims } from '../process/port-claims.js';
import { freePort } from '../process/ports.js';
import type { ServicePorts } from '../state/stack-file.js';

/** Gives each service its default ports or the next free ones, none that anybody has claimed. */
export async function assignPorts(
  names: readonly ServiceName[],
  claims: PortClaims,
): Promise<Map<ServiceName, ServicePorts>> {
  const take = (preferred: number): Promise<number> => freePort(preferred, (port) => claims.claim(port));
  const ports = new Map<ServiceName, ServicePorts>();
  for (const name of names) {
    const { http, grpc, health } = services[name];
    ports.set(name, { http: await take(http), grpc: await take(grpc), health: await take(health) });
  }
  return ports;
}
