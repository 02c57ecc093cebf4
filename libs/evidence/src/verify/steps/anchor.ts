import { absent } from '../outcome.js';
import type { StepDefinition } from '../step-definition.js';

export const anchor = {
  name: 'anchor',
  meaning: 'A chain stored, or an authority stamped, the hash of the checkpoint.',
  class: 'side',
  label: 'L2',
  each: 'anchors',
  run: ({ anchors }, index) =>
    anchors[index]?.outcome ?? absent({ restsOn: 'nothing: the bundle carries no anchor' }),
} as const satisfies StepDefinition;
