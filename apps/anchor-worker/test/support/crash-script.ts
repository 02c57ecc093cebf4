import type { CrashScene } from './crash-scene.js';

/** How the newest anchor stands in the database. */
export interface Stand {
  readonly state: string;
  readonly attempts: number;
}

/** Something that happens to an anchor on its way; it is done again at each look until it answers true. */
export type Happening = (scene: CrashScene, stand: Stand) => Promise<boolean>;

/** What happens to an anchor, one after the other. */
export type Script = readonly Happening[];

/** Mines what the anchor sent. */
const include: Happening = async (scene, { state }) => {
  if (state === 'sent' && (await scene.hasWaiting())) await scene.mine();
  return state === 'included';
};

/** Mines empty blocks on top. */
const finish: Happening = async (scene, { state }) => {
  if (state === 'included') await scene.mine();
  return state === 'final';
};

/** From a checkpoint to its final anchor. */
export const plain: Script = [include, finish];

/** The same, but its transaction waits and is priced anew, and the chain drops its first block. */
export const turbulent: Script = [
  async (scene, { state, attempts }) => {
    if (state === 'sent' && attempts === 1) await scene.waitLong();
    return attempts > 1;
  },
  include,
  async (scene) => {
    await scene.reorganise();
    return true;
  },
  async (_scene, { state }) => state !== 'included',
  include,
  finish,
];
