import { defineConfig } from 'vitest/config'

/** npm run test:codegen: needs the npm registry or its cache. */
export default defineConfig({
  test: {
    include: ['test/codegen/*.test.ts'],
    testTimeout: 300_000, // a busy machine is no defect
    hookTimeout: 300_000,
  },
})
