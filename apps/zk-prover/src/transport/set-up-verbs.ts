import { PAP, type PapReply, type PapRequest } from '@touchstone/prover-adapter';
import type { Files } from '../domain/files.js';
import type { Ceremony, CircuitAndPowers } from '../domain/set-up/ceremony.js';
import { powersSource } from '../domain/set-up/powers.js';
import { TimeBudget } from '../domain/time-budget.js';
import { compileGiven, requireGiven } from './given-files.js';

type Asked = Pick<PapRequest<'set-up-start'>, 'model' | 'powers' | 'deadlineMs'>;

/** The verbs of set-ups: what somebody does who takes contributions for others. Parties contribute with the command line. */
export class SetUpVerbs {
  constructor(private readonly parts: { readonly files: Files; readonly ceremony: Ceremony }) {}

  async start(request: PapRequest<'set-up-start'>, signal: AbortSignal): Promise<PapReply<'set-up-start'>> {
    const { files, ceremony } = this.parts;
    const { circuit, budget } = await this.given(request, signal);
    await ceremony.start(circuit, request.keyPath, budget);
    return {
      protocol: PAP,
      descriptorHash: circuit.program.descriptorHash,
      constraintsSha256: circuit.program.constraintsSha256,
      powers: await powersSource(files, circuit.powers),
      provingKeySha256: await files.digest(request.keyPath, 'sha256'),
    };
  }

  async accept(
    request: PapRequest<'set-up-accept'>,
    signal: AbortSignal,
  ): Promise<PapReply<'set-up-accept'>> {
    const { files, ceremony } = this.parts;
    const { circuit, budget } = await this.given(request, signal);
    const before = await requireGiven(files, request.before);
    const provingKey = await requireGiven(files, request.provingKey);
    return { protocol: PAP, contribution: await ceremony.accept(circuit, { before, provingKey }, budget) };
  }

  async finish(
    request: PapRequest<'set-up-finish'>,
    signal: AbortSignal,
  ): Promise<PapReply<'set-up-finish'>> {
    const { files, ceremony } = this.parts;
    const { circuit, budget } = await this.given(request, signal);
    const from = await requireGiven(files, request.provingKey);
    const { beacon } = request;
    const finished = await ceremony.finish(circuit, { from, to: request.keyPath, beacon }, budget);
    return { protocol: PAP, transcript: finished.transcript, circuit: finished.circuit };
  }

  private async given(
    { model, powers, deadlineMs }: Asked,
    signal: AbortSignal,
  ): Promise<{ circuit: CircuitAndPowers; budget: TimeBudget }> {
    const { files } = this.parts;
    const budget = new TimeBudget(deadlineMs, signal);
    const circuit = {
      program: await compileGiven(files, model),
      powers: await requireGiven(files, powers),
    };
    return { circuit, budget };
  }
}
