export { type ExaminationModel, type ExaminationResult, examine } from './examination.js';
export { examinationSample } from './examination-sample.js';
export { type CircuitJob, type CircuitProof, proveCircuit, type ProvingCalls } from './prove-circuit.js';
export { type GivenFile, givenFile } from './given-file.js';
export { JOLT_DEADLINE_MS, joltProgram } from './operator-programs.js';
export { PapError, type PapProblem } from './pap-error.js';
export { PapHost, type RegisteredProgram } from './pap-host.js';
export { type CallBounds, callProgram, PAP_GRACE_MS, type ProverProgram } from './program-call.js';
export {
  PAP,
  PAP_DEADLINE_MAX_MS,
  PAP_MESSAGE_BYTES_MAX,
  PAP_TEXT_CHARACTERS_MAX,
  papExitCodes,
  type PapFailure,
  papFailure,
  papReplies,
  type PapReply,
  papRequests,
  type PapRequest,
  type PapTensor,
  type PapVerb,
  statementDigest,
} from './protocol.js';
export { judge, type ProgramVerdict, type Statement } from './verdict.js';
