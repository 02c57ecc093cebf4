/** The version of the deployment; all packages of the repository share it. */
export const VERSION = '0.1.0';
