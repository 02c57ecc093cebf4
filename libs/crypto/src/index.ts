export { bytesToHex, hexToBytes } from './hex.js';
export { sha256 } from '#sha256';
