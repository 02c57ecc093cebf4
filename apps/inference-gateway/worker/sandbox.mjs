// The process in which one added model runs. Its worker thread speaks with the gateway and does what the threads of the gateway do.
import { startGuarded } from './guarded.mjs';

startGuarded(new URL('./sandbox-worker.mjs', import.meta.url), 'onnx');
