import { defineConfig } from 'vitest/config'

/** Runs in Node, against a shop of its own, with a Chromium of this system: npm run test:browser. */
export default defineConfig({
  test: {
    include: ['test/browser/*.test.ts'],
    globalSetup: './test/browser/setup.ts',
    fileParallelism: false, // one Chromium at a time
    testTimeout: 60_000, // a busy machine is no defect
    hookTimeout: 60_000,
  },
})
