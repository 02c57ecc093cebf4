import { modelIdentity } from '@touchstone/contracts';
import { circuitSetUp, modelCircuit, setUpAnnouncement, setUpEntry } from '@touchstone/contracts/circuit';
import type { SetUpState } from '@touchstone/contracts/http/set-ups';
import { z } from 'zod';
import type { SetUp } from '../domain/set-up/set-up.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

const result = z.strictObject({
  transcript: circuitSetUp,
  circuit: modelCircuit,
  entry: setUpEntry,
  finishedAt: z.string(),
});

const parties = z.array(
  z.strictObject({
    name: z.string(),
    position: z.number().nullable(),
    hash: z.string().nullable(),
    key: z.string().nullable(),
    at: z.string().nullable(),
  }),
);

/** A set-up with its parties, as it is read. */
export interface SetUpRow {
  readonly id: string;
  readonly state: SetUpState;
  readonly identity: unknown;
  readonly modelVersionId: string;
  readonly powersName: string;
  readonly isPublic: boolean;
  readonly hasOptions: boolean;
  readonly announcement: unknown;
  readonly newestKey: string;
  readonly newestKeyBytes: number;
  readonly result: unknown;
  readonly failure: string | null;
  readonly parties: unknown;
}

export const selectSetUps = `SELECT s.id, s.state, s.identity, encode(s.model_version_id, 'hex') AS "modelVersionId",
    s.powers_name AS "powersName", s.is_public AS "isPublic", s.options IS NOT NULL AS "hasOptions", s.announcement,
    encode(s.newest_key, 'hex') AS "newestKey", s.newest_key_bytes AS "newestKeyBytes", s.result, s.failure,
    (SELECT json_agg(json_build_object('name', p.name, 'position', p.position, 'hash', p.hash,
       'key', encode(p.key_sha256, 'hex'), 'at', p.contributed_at) ORDER BY p.place)
     FROM ${schema}.set_up_parties p WHERE p.set_up_id = s.id) AS parties
  FROM ${schema}.set_ups s`;

export function toSetUp(row: SetUpRow): SetUp {
  const { id, state, modelVersionId, powersName, isPublic, hasOptions } = row;
  return {
    ...{ id, state, modelVersionId, powersName, isPublic, hasOptions },
    identity: modelIdentity.parse(row.identity),
    announcement: setUpAnnouncement.parse(row.announcement),
    newestKey: { sha256: row.newestKey, bytes: row.newestKeyBytes },
    result: row.result === null ? undefined : result.parse(row.result),
    failure: row.failure ?? undefined,
    parties: parties.parse(row.parties).map(({ name, position, hash, key, at }) => ({
      name,
      contribution:
        position === null || hash === null || key === null || at === null
          ? undefined
          : { position, hash, provingKeySha256: key, at: new Date(at).toISOString() },
    })),
  };
}
