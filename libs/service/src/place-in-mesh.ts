import {
  durables,
  events,
  rpcTable,
  type DurableName,
  type RpcService,
  type ServiceName,
  type StreamName,
} from '@touchstone/contracts';

/** What a service has on the mesh, as the tables of contracts say. */
export interface PlaceInMesh {
  /** Whether it publishes events, so that it has an outbox. */
  readonly publishes: boolean;
  /** Streams that it publishes to or reads from; without them it does not start. */
  readonly streams: readonly StreamName[];
  readonly durables: readonly DurableName[];
  /** Its name as the target of calls; undefined when nobody may call it. */
  readonly rpc: RpcService | undefined;
}

/** Reads the place of a service from the tables of events, durables and RPCs. */
export function placeInMesh(service: ServiceName): PlaceInMesh {
  const published = Object.values(events).filter(({ publisher }) => publisher === service);
  const own = durables.filter((durable) => durable.service === service);
  return {
    publishes: published.length > 0,
    streams: [...new Set([...published, ...own].map(({ stream }) => stream))],
    durables: own.map(({ name }) => name),
    rpc: Object.hasOwn(rpcTable, service) ? (service as RpcService) : undefined,
  };
}
