import type { StepStatus } from '@touchstone/evidence';
import type { Climb } from './climb.js';
import { html, nothing, type Html } from './html.js';

const WIDTH = 640;
const LEVEL = 84;
const BOX = { width: 184, height: 38 };
const CENTRE = WIDTH / 2;
const ASIDE = 218;
const MARGIN = 12;

/** Draws the way from a leaf, below, to a root, above; the siblings stand on the side on which they are hashed. */
export function drawClimb(
  climb: Climb,
  names: { title: string; leaf: string; root: string },
  status: StepStatus,
): Html {
  const { steps, leaf, root } = climb;
  const height = MARGIN * 2 + BOX.height + (steps.length + 1) * LEVEL;
  const levelY = (level: number): number => height - MARGIN - BOX.height - level * LEVEL;
  const computed = steps.at(-1)?.parent ?? leaf;
  const meets = computed === root;
  const rootY = MARGIN;
  const levels = steps.map(({ sibling, side, parent }, index) => {
    const x = side === 'L' ? CENTRE - ASIDE : CENTRE + ASIDE;
    const [low, high] = [levelY(index), levelY(index + 1)];
    return html`${branch(CENTRE, low, high)}${branch(x, low, high)}${node(
      x,
      low,
      'sibling',
      `sibling ${side === 'L' ? 'left' : 'right'}`,
      sibling,
    )}${node(CENTRE, high, 'computed', `computed, level ${index + 1}`, parent)}`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" class="climb ${status}">
    <title>${names.title}</title>
    ${branch(CENTRE, levelY(steps.length), rootY)}${levels}
    ${node(CENTRE, levelY(0), 'leaf', names.leaf, leaf)} ${node(CENTRE, rootY, 'root', names.root, root)}
    <text x="${CENTRE + 14}" y="${rootY + BOX.height + (LEVEL - BOX.height) / 2 + 5}" class="sign">
      ${meets ? '=' : '≠'}
    </text>
    ${meets ? nothing : html`<text x="${CENTRE + 34}" y="${rootY + BOX.height + 27}" class="miss">not the same</text>`}
  </svg>`;
}

function branch(x: number, low: number, high: number): Html {
  const [from, to] = [low, high + BOX.height];
  const middle = (from + to) / 2;
  return html`<path class="branch" d="M${x} ${from} C${x} ${middle} ${CENTRE} ${middle} ${CENTRE} ${to}" />`;
}

function node(x: number, y: number, kind: string, title: string, hash: string): Html {
  return html`<g class="node ${kind}">
    <title>${hash}</title>
    <rect x="${x - BOX.width / 2}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="7" />
    <text x="${x}" y="${y + 15}" class="name">${title}</text>
    <text x="${x}" y="${y + 30}" class="hash">${short(hash)}</text>
  </g>`;
}

const short = (hash: string): string => `${hash.slice(0, 10)}…${hash.slice(-8)}`;
