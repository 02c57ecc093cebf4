import { randomBytes } from 'node:crypto';
import { PapError } from './pap-error.js';
import { callProgram, type CallBounds, type ProverProgram } from './program-call.js';
import { PAP, type PapRequest, statementDigest } from './protocol.js';

/** What is said to be proved, and the proof. */
export type Statement = Omit<PapRequest<'verify'>, 'protocol' | 'verb' | 'challenge' | 'deadlineMs'>;

/** What a program says of a proof. */
export type ProgramVerdict = { readonly valid: true } | { readonly valid: false; readonly reason: string };

/** What a verifier needs of the keys with which something is proved. */
export const verificationOf = ({
  verificationKey,
  vkDigest,
}: NonNullable<PapRequest<'prove'>['setUp']>): NonNullable<Statement['setUp']> => ({
  verificationKey,
  vkDigest,
});

const CHALLENGE_BYTES = 32;

/**
 * Has a program judge a proof, in a fresh process that knows nothing but the statement. The verdict counts only when the reply names the
 * statement, the proof and a random challenge: an old reply, or one about something else, is none.
 *
 * @throws PapError when there is no verdict
 */
export async function judge(
  program: ProverProgram,
  statement: Statement,
  bounds: CallBounds,
): Promise<ProgramVerdict> {
  const request: PapRequest<'verify'> = {
    ...statement,
    ...{ protocol: PAP, verb: 'verify', deadlineMs: bounds.deadlineMs },
    challenge: randomBytes(CHALLENGE_BYTES).toString('hex'),
  };
  const reply = await callProgram(program, 'verify', request, bounds);
  const isAboutThis =
    reply.challenge === request.challenge &&
    reply.statementDigest === statementDigest(request) &&
    reply.proofSha256 === request.proof.sha256;
  if (!isAboutThis)
    throw new PapError('reply-invalid', `${program.name} gave a verdict about something else.`);
  return reply.valid ? { valid: true } : { valid: false, reason: reply.reason ?? 'refused' };
}
