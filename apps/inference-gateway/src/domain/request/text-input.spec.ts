import { describe, expect, it } from '@jest/globals';
import { AppError, type TensorSpec } from '@touchstone/contracts';
import { textInput } from '../../../test/support/prepared-models.js';
import type { Preparers, Tokens, TokensWanted } from './preparers.js';
import { TextInput } from './text-input.js';
import { TOKENS_MAX } from './word-list-tokenizer.js';

const named = { sha256: 'ab'.repeat(32) };
const file = (change: Record<string, unknown> = {}) =>
  TextInput.fromFile(textInput(named, change), ({ sha256 }) =>
    Promise.resolve({ sha256, read: () => Promise.resolve(new Uint8Array()) }),
  );
const spec = (name: string, change: Partial<TensorSpec> = {}): TensorSpec => ({
  ...{ name, datatype: 'INT64', shape: [1, 8], ...change },
});
const bert = ['token_type_ids', 'input_ids', 'attention_mask'];

function preparers(answer: Tokens | AppError): Preparers & { readonly asked: TokensWanted[] } {
  const asked: TokensWanted[] = [];
  return {
    asked,
    image: () => Promise.reject(new Error('no picture')),
    tokens: (tokenizer, wanted) => {
      expect(tokenizer.sha256).toBe(named.sha256);
      asked.push(wanted);
      return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

describe('a text-input.json', () => {
  it('says what is asked of the tokenizer, and which input gets what', async () => {
    const tokens = preparers({ ids: [2, 5, 3], typeIds: [0, 1, 0] });
    const found = await (
      await file()
    ).prepare(
      { text: 'bank' },
      bert.map((name) => spec(name)),
      tokens,
    );
    expect(tokens.asked).toEqual([{ text: 'bank', tokens: 8, special: true, truncation: 'right' }]);
    expect(found).toEqual([
      { name: 'token_type_ids', shape: [1, 8], data: [0, 1, 0, 0, 0, 0, 0, 0] },
      { name: 'input_ids', shape: [1, 8], data: [2, 5, 3, 0, 0, 0, 0, 0] },
      { name: 'attention_mask', shape: [1, 8], data: [1, 1, 1, 0, 0, 0, 0, 0] },
    ]);
  });

  it.each([
    ['another format', { format: 'touchstone-text-input-v2' }],
    ['a member that nobody reads', { lowercase: true }],
    ['no tokens', { maxTokens: 0 }],
    ['a tokenizer elsewhere', { tokenizer: { file: '../tokenizer.json', ...named } }],
    ['two uses of one input', { inputs: { ids: 'x', attentionMask: 'x' } }],
    ['an id below 0', { padding: { side: 'right', id: -1 } }],
    ['a truncation that is not defined', { truncation: 'middle' }],
  ])('with %s is refused', async (_name, change) => {
    await expect(file(change)).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('has up to TOKENS_MAX tokens, not one more', async () => {
    expect((await file({ maxTokens: TOKENS_MAX })).takes).toBe('text');
    await expect(file({ maxTokens: TOKENS_MAX + 1 })).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('fits exactly the inputs that it names, of its length or an open one', async () => {
    const fits = async (change: Record<string, unknown>, inputs: TensorSpec[]) =>
      (await file(change)).fits(inputs);
    const all = (change: Partial<TensorSpec> = {}) => bert.map((name) => spec(name, change));
    const open = { shape: [1, -1] };
    expect(await fits({}, all())).toBe(true);
    expect(await fits({}, all({ shape: [-1, -1], datatype: 'INT32' }))).toBe(true);
    expect(await fits({ padding: null }, all(open))).toBe(true);
    expect(await fits({ padding: null }, all())).toBe(false);
    expect(await fits({ padding: null }, all({ shape: [-1] }))).toBe(false);
    expect(await fits({}, all({ shape: [1, 9] }))).toBe(false);
    expect(await fits({}, all({ datatype: 'FP32' }))).toBe(false);
    expect(await fits({}, all().slice(1))).toBe(false);
    expect(await fits({}, [...all(), spec('more')])).toBe(false);
    expect(await fits({ inputs: { ids: 'input_ids' } }, [spec('input_ids')])).toBe(true);
  });

  it('is tried out with a text, which may have no token, but not too many', async () => {
    const refused = (code: 'text-invalid' | 'model-invalid', detail: string) =>
      new AppError(code, 'No.', { details: [{ pointer: '/text', detail }] });
    const tryOut = async (answer: Tokens | AppError) => (await file()).tryOut(preparers(answer));
    await tryOut({ ids: [2, 3], typeIds: [0, 0] });
    await tryOut(refused('text-invalid', 'no-tokens'));
    for (const error of [refused('text-invalid', 'too-many-tokens'), refused('model-invalid', 'x')])
      await expect(tryOut(error)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});
