import { notChecked } from '../verify/outcome.js';
import type { AnchorVerifier } from './kind.js';

/** A token of a time-stamping authority (RFC 3161). */
export const rfc3161: AnchorVerifier<'rfc3161'> = {
  kind: 'rfc3161',
  judge({ network }) {
    const detail = 'this version does not verify tokens of time-stamping authorities';
    return { outcome: notChecked({ actual: network, restsOn: `trust file: authority ${network}`, detail }) };
  },
};
