import { services, type ServiceName } from '@touchstone/contracts';
import { freePort } from '../process/ports.js';
import type { ServicePorts } from '../state/stack-file.js';

/** Gives each service its default ports or the next free ones, none twice. */
export async function assignPorts(names: readonly ServiceName[]): Promise<Map<ServiceName, ServicePorts>> {
  const taken = new Set<number>();
  const take = async (preferred: number): Promise<number> => {
    const port = await freePort(preferred, taken);
    taken.add(port);
    return port;
  };
  const ports = new Map<ServiceName, ServicePorts>();
  for (const name of names) {
    const { http, grpc, health } = services[name];
    ports.set(name, { http: await take(http), grpc: await take(grpc), health: await take(health) });
  }
  return ports;
}
