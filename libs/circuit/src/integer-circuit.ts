import {
  elementsOf,
  intervalsOf,
  rowCount,
  runIntegerModel,
  type IntegerModel,
  type IntegerRows,
} from '@touchstone/integer-model';
import { ConstraintSystem } from './constraint-system.js';
import { number, plus, wire, type LinearCombination } from './linear-combination.js';
import { requantise } from './requantise.js';
import type { Witness } from './witness.js';

/** The constraints of an integer model; its weights are constants in them. */
export interface IntegerCircuit {
  readonly model: IntegerModel;
  readonly system: ConstraintSystem;
}

/** One run with its proof's public signals: inputs, outputs, bind. */
export interface CircuitRun {
  readonly publicSignals: readonly (number | bigint)[];
  readonly outputs: readonly Int32Array[];
  readonly witness: Witness;
}

/**
 * Writes an integer model as constraints. Public are the elements of all inputs, of all outputs, and `bind`, in that order.
 * Linear layers cost nothing: a sum stands in the constraint of what follows it. That an input lies in the range of its
 * datatype is not constrained: the inputs are public, and a verifier reads them as that datatype.
 *
 * @throws RangeError beyond CONSTRAINTS_MAX
 */
export function integerCircuit(model: IntegerModel): IntegerCircuit {
  const inputs = model.inputs.reduce((all, { shape }) => all + elementsOf(shape), 0);
  const outputs = model.outputs.reduce((all, { rows }) => all + rowCount(rows), 0);
  const system = new ConstraintSystem(inputs + outputs + 1);
  const intervals = intervalsOf(model);
  const wires: LinearCombination[] = [];
  for (const { shape, zeroPoint } of model.inputs)
    for (let count = elementsOf(shape); count > 0; count -= 1)
      wires.push(plus(wire(1 + wires.length), number(-zeroPoint)));
  model.layers.forEach(({ rows, requantise: how }, index) => {
    const { lowest, highest } = intervals.layers[index] as { lowest: Float64Array; highest: Float64Array };
    const results = Array.from({ length: rowCount(rows) }, (_, row) => {
      const bounded = { lowest: lowest[row] as number, highest: highest[row] as number };
      return requantise(system, { sum: sumOf(rows, row, wires), ...bounded }, how);
    });
    for (const result of results) wires.push(result);
  });
  let next = 1 + inputs;
  for (const { rows } of model.outputs)
    for (let row = 0; row < rowCount(rows); row += 1)
      system.require(sumOf(rows, row, wires), number(1), wire(next++));
  // A signal that no constraint holds could be changed after the proof.
  constrainBind(system, next);
  return { model, system };
}

/** Runs the model and fills in all wires. @param inputs whole numbers in the order of the model's inputs */
export function runCircuit(
  { model, system }: IntegerCircuit,
  inputs: readonly ArrayLike<number>[],
  bind: bigint,
): CircuitRun {
  const { outputs } = runIntegerModel(model, inputs);
  const publicSignals = [
    ...inputs.flatMap((values) => Array.from(values)),
    ...outputs.flatMap((values) => [...values]),
    bind,
  ];
  return { publicSignals, outputs, witness: system.witness(publicSignals) };
}

function sumOf(
  { offsets, wires, weights, biases }: IntegerRows,
  row: number,
  values: readonly LinearCombination[],
): LinearCombination {
  let constant = biases[row] as number;
  const terms: (readonly [number, number])[] = [];
  for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at += 1) {
    const weight = weights[at] as number;
    const value = values[wires[at] as number] as LinearCombination;
    constant += weight * value.constant;
    for (const [index, factor] of value.terms) terms.push([index, weight * factor]);
  }
  return { constant, terms };
}

function constrainBind(system: ConstraintSystem, bind: number): void {
  const square = system.allocate(1, (witness) => witness.set(square, witness.element(bind) ** 2n));
  system.require(wire(bind), wire(bind), wire(square));
}
