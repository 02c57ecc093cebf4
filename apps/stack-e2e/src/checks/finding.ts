import type { Inference } from '../record.js';

/** What went wrong with one inference: something acknowledged or paid is gone, or is there more than once. */
export interface Finding {
  readonly kind: 'lost' | 'doubled';
  readonly inference: Pick<Inference, 'number' | 'fault'>;
  readonly what: string;
}

/** One statement about the whole run that held or did not. */
export interface Check {
  readonly name: string;
  readonly holds: boolean;
  readonly detail: string;
}

/** A finding that says how often something is there that must be there once; nothing when it is. */
export function onceOnly(inference: Finding['inference'], count: number, what: string): Finding[] {
  if (count === 1) return [];
  return [{ kind: count === 0 ? 'lost' : 'doubled', inference, what: `${what}: ${count} times` }];
}
