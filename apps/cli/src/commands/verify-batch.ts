import { join } from 'node:path';
import { answer, answerRefusal, guessableLines, signedFacts } from '../event-batch/answer.js';
import { folderFiles } from '../event-batch/folder-files.js';
import { loadKeystore } from '../event-batch/keystore-file.js';
import { verifyFolder } from '../event-batch/verify-folder.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';

const SCHEMA = 'touchstone.batch-verification.v1';

export interface VerifyBatchOptions {
  readonly batch?: string;
  readonly keystore?: string;
  readonly earlierProof?: string;
  readonly json: boolean;
}

/** `touchstone verify-batch`: offline; the exit code is the answer. */
export async function verifyBatchCommand(folder: string, options: VerifyBatchOptions): Promise<ExitCode> {
  const nowMs = Date.now();
  const keystore = options.keystore ?? join(folder, folderFiles.keystore);
  const keys = await loadKeystore(keystore, nowMs);
  const { batch, earlierProof } = options;
  const question = {
    folder,
    ...(batch === undefined ? {} : { batch }),
    ...(earlierProof === undefined ? {} : { earlierProof }),
  };
  const result = await verifyFolder(question, keys, nowMs);
  if (!result.ok) return answerRefusal(options.json, SCHEMA, result);
  const { signature, guessable, unfinished = false } = result;
  const { leaf_count, merkle_root, batch_ts, kid, format } = signature;
  const exitCode = exitCodes.ok;
  answer(
    options.json,
    { schema: SCHEMA, result: 'VALID', ...signedFacts(signature), keystore, guessable, unfinished, exitCode },
    [
      `VALID: ${leaf_count} events, ${format} of ${batch_ts}, signed with ${kid}.`,
      `merkle_root ${merkle_root}`,
      `The key is believed because ${keystore} has it; the time is the one that the signer declared.`,
      ...(unfinished
        ? ['unfinished: a writer was killed; the next sign-batch puts the folder in order.']
        : []),
      ...guessableLines(guessable),
    ],
  );
  return exitCode;
}
