export { readVectors, vectorsFolder, vectorsPath, vectorsPresent } from './vectors.js';
