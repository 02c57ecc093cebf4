import parse from 'spdx-expression-parse';

/** Every id of an expression; `GPL-2.0+` and exceptions stand for more than they name, so they are no ids of a list. */
const nameOf = ({ license, plus, exception }) =>
  `${license}${plus ? '+' : ''}${exception === undefined ? '' : ` WITH ${exception}`}`;

function decide(node, isAllowed) {
  if (node.conjunction === 'or') return decide(node.left, isAllowed) || decide(node.right, isAllowed);
  if (node.conjunction === 'and') return decide(node.left, isAllowed) && decide(node.right, isAllowed);
  return isAllowed(nameOf(node));
}

/**
 * Whether a package under an SPDX expression (SPDX 2.3, annex D) can be used under allowed licences alone: of `OR` one suffices, of
 * `AND` all are needed.
 *
 * @param isAllowed judges one id, such as `MIT` or `GPL-2.0-only WITH Classpath-exception-2.0`
 * @returns undefined where the text is no expression of SPDX
 */
export function permits(expression, isAllowed) {
  let node;
  try {
    node = parse(expression);
  } catch {
    return undefined;
  }
  return decide(node, isAllowed);
}
