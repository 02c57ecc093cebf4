import type { AnchorKind } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import type { Clock } from '@touchstone/platform/wiring';
import type { Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import type { AnchorTarget } from '../domain/anchor/anchor-target.js';
import type { EvmTargetObserver } from '../domain/anchor/evm/create-evm-target.js';

/** What targets stand on. */
export interface TargetConnections {
  readonly dataSource: DataSource;
  readonly outbox: Outbox;
  readonly rpc: RpcClient;
  readonly clock: Clock;
}

/** Who is told what happens at targets of all kinds. */
export type EveryTargetObserver = EvmTargetObserver;

/** The shape of the settings of one kind. */
export type SettingsShape = z.ZodRawShape & {
  readonly kind: z.ZodLiteral<AnchorKind>;
  readonly network: z.ZodType<string>;
};

/** A kind of target: what an operator sets for one, and how one is made of it. */
export interface TargetKind<Shape extends SettingsShape> {
  readonly schema: z.ZodObject<Shape, z.core.$strict>;
  create(
    settings: z.output<z.ZodObject<Shape, z.core.$strict>>,
    connections: TargetConnections,
    observer: EveryTargetObserver,
  ): AnchorTarget;
}

/** Lets the settings of a kind have the type of its schema. */
export function targetKind<Shape extends SettingsShape>(kind: TargetKind<Shape>): TargetKind<Shape> {
  return kind;
}
