// Preloaded into the signer by the fault suite: settles with the key that a file holds, as after an operator put another
// one into the signer's configuration. Without the file the signer keeps its own.
import { readFileSync } from 'node:fs';

const file = process.env.FAULT_SETTLEMENT_KEY_FILE;
try {
  if (file) process.env.TOUCHSTONE_SETTLEMENT_TX_KEY_HEX = readFileSync(file, 'utf8').trim();
} catch {
  // Nobody changed it.
}
