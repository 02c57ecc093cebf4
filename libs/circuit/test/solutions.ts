import type { ConstraintSystem, Rows } from '../src/constraint-system.js';
import { FIELD_ORDER, toField } from '../src/field.js';

type Values = ReadonlyMap<number, bigint>;

/** A row with the values of some wires put in: what is known, and the factors of those that are not. */
interface Side {
  readonly known: bigint;
  readonly unknown: ReadonlyMap<number, bigint>;
}

/**
 * All solutions of a constraint system in the wires that `known` leaves open, found by solving what has one open wire and
 * by trying both values of bits. A wire that no solution needs (the inverse of 0) stays open in it.
 */
export function solutions(system: ConstraintSystem, known: Values): Generator<Values> {
  return search(
    system,
    known,
    Array.from({ length: system.constraintCount }, (_, row) => row),
  );
}

function* search(system: ConstraintSystem, known: Values, rows: readonly number[]): Generator<Values> {
  const values = new Map(known);
  let pending = rows;
  let bit: number | undefined;
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    bit = undefined;
    const open: number[] = [];
    for (const row of pending) {
      const [a, b, c] = [system.a, system.b, system.c].map((all) => side(all, row, values)) as [
        Side,
        Side,
        Side,
      ];
      const found = solve(a, b, c);
      if (found === 'broken') return;
      if (found === 'open') {
        open.push(row);
        bit ??= bitOf(a, b, c);
      } else if (found !== 'satisfied') {
        values.set(...found);
        isMoving = true;
      }
    }
    pending = open;
  }
  if (bit === undefined) yield values;
  else for (const value of [0n, 1n]) yield* search(system, new Map(values).set(bit, value), pending);
}

function side({ offsets, wires, factors }: Rows, row: number, values: Values): Side {
  let known = 0n;
  const unknown = new Map<number, bigint>();
  for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at += 1) {
    const [wire, factor] = [wires[at] ?? 0, BigInt(factors[at] ?? 0)];
    const value = values.get(wire);
    if (value === undefined) unknown.set(wire, (unknown.get(wire) ?? 0n) + factor);
    else known += factor * value;
  }
  for (const [wire, factor] of unknown) if (toField(factor) === 0n) unknown.delete(wire);
  return { known: toField(known), unknown };
}

/** (a) · (b) = (c): satisfied, broken, a value for its one open wire, or open. */
function solve(a: Side, b: Side, c: Side): 'satisfied' | 'broken' | 'open' | [number, bigint] {
  const isZero = ({ known, unknown }: Side): boolean => known === 0n && unknown.size === 0;
  const isNothing = isZero(a) || isZero(b);
  const open = new Set([
    ...(isNothing ? [] : [...a.unknown.keys(), ...b.unknown.keys()]),
    ...c.unknown.keys(),
  ]);
  if (open.size === 0)
    return toField((isNothing ? 0n : a.known * b.known) - c.known) === 0n ? 'satisfied' : 'broken';
  const [wire, ...more] = open;
  if (wire === undefined || more.length > 0 || (!isNothing && a.unknown.size > 0 && b.unknown.size > 0))
    return 'open';
  const of = ({ unknown }: Side): bigint => unknown.get(wire) ?? 0n;
  const factor = toField((isNothing ? 0n : of(a) * b.known + a.known * of(b)) - of(c));
  const rest = toField(c.known - (isNothing ? 0n : a.known * b.known));
  if (factor === 0n) return rest === 0n ? 'satisfied' : 'broken';
  return [wire, toField(rest * power(factor, FIELD_ORDER - 2n))];
}

/** The wire of a constraint w · (w − 1) = 0. */
function bitOf(a: Side, b: Side, c: Side): number | undefined {
  const [wire, ...more] = a.unknown.keys();
  const isBit =
    more.length === 0 &&
    a.known === 0n &&
    b.known === FIELD_ORDER - 1n &&
    c.known === 0n &&
    c.unknown.size === 0;
  return isBit && b.unknown.size === 1 && b.unknown.get(wire ?? 0) === 1n ? wire : undefined;
}

/** base^exponent in the field. */
export function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest % 2n === 1n) result = (result * square) % FIELD_ORDER;
    square = (square * square) % FIELD_ORDER;
  }
  return result;
}
