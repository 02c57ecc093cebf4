import { canonicalJson } from '@touchstone/canonical-json';
import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import { sha256TextHex } from '@touchstone/crypto';
import type { SetUp } from '../domain/set-up/set-up.js';
import type { Links } from './links.js';

/** A set-up as callers see it. */
export function presentSetUp(setUp: SetUp, links: Links): SetUpAnswer {
  const { id, state, identity, modelVersionId, announcement, newestKey, result, failure } = setUp;
  const text = canonicalJson(announcement);
  const file = (name: string): string => `${links.setUp(id)}/${name}`;
  const { descriptorHash, constraintsSha256, beacon, powers } = announcement;
  return {
    ...{ id, state, descriptorHash, constraintsSha256, beacon, newestKey },
    model: { ...identity, modelVersionId },
    powers: { ...powers, name: setUp.powersName },
    public: setUp.isPublic,
    parties: setUp.parties.map(({ name, contribution }) => ({ name, contribution: contribution ?? null })),
    announcement: text,
    announcementSha256: sha256TextHex(text),
    result: result
      ? {
          transcript: result.transcript,
          entry: canonicalJson(result.entry),
          finishedAt: result.finishedAt,
        }
      : null,
    failure: failure ?? null,
    files: {
      model: file('model.onnx'),
      options: setUp.hasOptions ? file('options.json') : null,
      provingKey: file('proving-key.zkey'),
      circuit: result ? file('circuit.json') : null,
      transcript: result ? file('set-up.json') : null,
    },
  };
}
