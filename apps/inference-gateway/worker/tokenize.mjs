// Texts become ids by the tokenizer.json of a model, in a process of its own: its expressions are somebody else's and can be made to run
// for ever. The package leaves truncation and padding of the file alone; what is cut is cut here.
import { Tokenizer } from '@huggingface/tokenizers';

/** What stands for any text, to find out where the special tokens of a tokenizer go; one of them has a token everywhere. */
const PROBES = ['a', '0', '.', '\u4e2d', ' a'];

const tokenizers = new Map();

/** Keeps a tokenizer under its key, in the place of the one that `drop` names. @throws Error for a file that is none */
export async function loadTokenizer({ key, drop, bytes }) {
  tokenizers.delete(drop);
  const file = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const tokenizer = new Tokenizer(file, {});
  tokenizers.set(key, { tokenizer, special: specialTokens(tokenizer) });
  return {};
}

/**
 * The ids of a text, with what the tokenizer puts around it where that is wanted.
 *
 * @param truncation the end that is cut where there are more than `tokens`: 'right', 'left' or 'none'
 * @returns {ids, typeIds}
 * @throws Error with a `reason` for a text without a token, or with too many where none may be cut
 */
export async function tokenize({ key, text, special, tokens, truncation }) {
  const { tokenizer, special: around } = tokenizers.get(key);
  const { ids: before, typeIds: typesBefore } = special ? around.before : NOTHING;
  const { ids: after, typeIds: typesAfter } = special ? around.after : NOTHING;
  const { ids } = tokenizer.encode(text, { add_special_tokens: false });
  if (ids.length === 0) throw refused('no-tokens', 'The text has no token.');
  const count = before.length + ids.length + after.length;
  if (count > tokens && truncation === 'none')
    throw refused('too-many-tokens', `The text has ${count} tokens, at most ${tokens} are taken.`);
  const room = tokens - before.length - after.length;
  if (room < 1) throw refused('too-many-tokens', `The special tokens alone leave no room in ${tokens}.`);
  const cut = truncation === 'left' ? ids.slice(Math.max(0, ids.length - room)) : ids.slice(0, room);
  return {
    ids: [...before, ...cut, ...after],
    typeIds: [...typesBefore, ...cut.map(() => around.typeId), ...typesAfter],
  };
}

const NOTHING = { ids: [], typeIds: [] };

/** What a tokenizer puts before and after any text. */
function specialTokens(tokenizer) {
  for (const probe of PROBES) {
    const { ids: text } = tokenizer.encode(probe, { add_special_tokens: false });
    if (text.length === 0) continue;
    const { ids, token_type_ids: types } = tokenizer.encode(probe, {
      add_special_tokens: true,
      return_token_type_ids: true,
    });
    for (let at = 0; at + text.length <= ids.length; at += 1) {
      if (!text.every((id, index) => ids[at + index] === id)) continue;
      const part = (from, to) => ({ ids: ids.slice(from, to), typeIds: types.slice(from, to) });
      return { before: part(0, at), after: part(at + text.length), typeId: types[at] };
    }
  }
  throw new Error('it has no token for letters, digits or full stops');
}

function refused(reason, message) {
  return Object.assign(new Error(message), { reason });
}
