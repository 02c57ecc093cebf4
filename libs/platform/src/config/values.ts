import { z } from 'zod';

/** A whole number from `min` to `max`, written in decimal digits. */
export function integerKey(min: number, max: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, { message: 'Expected a whole number in decimal digits.' })
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .meta({ type: `integer ${min} to ${max}` });
}

/** `true` or `false`; `1` and `0` mean the same. */
export function booleanKey() {
  return z
    .enum(['true', 'false', '1', '0'])
    .transform((text) => text === 'true' || text === '1')
    .meta({ type: 'boolean' });
}

/** A TCP port; 0 asks the system for a free one, which the `listening` line then names. */
export function portKey() {
  return integerKey(0, 65_535).meta({ type: 'port' });
}
