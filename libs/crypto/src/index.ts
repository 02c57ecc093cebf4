export { base64ToBytes, bytesToBase64 } from './base64.js';
export { bytesToHex, hexToBytes } from './hex.js';
export { sha256 } from '#sha256';
