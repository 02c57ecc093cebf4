import { z } from 'zod';

/**
 * A member that is passed on or checked elsewhere. It takes everything, while its JSON Schema says what the strict
 * JSON gate lets through: no number beyond ±(2^53 − 1).
 */
export const jsonValue = z.unknown().meta({
  id: 'JsonValue',
  anyOf: [
    { type: ['null', 'boolean', 'string'] },
    { type: 'number', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'array', items: { $ref: '#/$defs/JsonValue' } },
    { type: 'object', additionalProperties: { $ref: '#/$defs/JsonValue' } },
  ],
});
