import { defineConfig } from 'vitest/config'

/** npm run test:browser: runs in Node, against its own shop, with the system's Chromium. */
export default defineConfig({
  test: {
    include: ['test/browser/*.test.ts'],
    globalSetup: './test/browser/setup.ts',
    fileParallelism: false, // one Chromium at a time
    testTimeout: 60_000, // allows for a busy machine
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
