// The process that makes tensors of what no gateway should touch itself: pictures, and texts by the tokenizer of a model.
import { startGuarded } from './guarded.mjs';

startGuarded(new URL('./preparer-worker.mjs', import.meta.url), 'preparer');
