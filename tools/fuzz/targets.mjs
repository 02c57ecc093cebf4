import { encodings } from './targets/encodings.mjs';
import { eventFile } from './targets/event-file.mjs';
import { evidence } from './targets/evidence.mjs';
import { groth16 } from './targets/groth16.mjs';
import { jsonGate } from './targets/json-gate.mjs';
import { note } from './targets/note.mjs';
import { rlp } from './targets/rlp.mjs';
import { trieProof } from './targets/trie-proof.mjs';

/**
 * What can be fuzzed. A target has a name, the files whose blocks count, seeds, a dictionary, a largest input, and
 * `run`, which throws when an input breaks its rule and otherwise returns nothing or a promise.
 */
export const targets = [jsonGate, note, rlp, trieProof, encodings, eventFile, groth16, evidence];
