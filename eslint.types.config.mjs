// The rules that need types, for shipped code: they take minutes, so that the editor and `npm run lint` go without them.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/*.spec.ts', '**/dist/**', '{apps,libs}/*/bundle/**', '**/node_modules/**'] },
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A promise that nobody awaits loses its error, and what it should have done before.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
    },
  },
);
