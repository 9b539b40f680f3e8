import { defineConfig } from 'vitest/config'

/** Runs in Node: the real wrangler against a stand-in for Cloudflare: npm run test:deploy. */
export default defineConfig({
  test: {
    include: ['test/deploy/*.test.ts'],
    maxWorkers: '100%', // of the cores
    testTimeout: 240_000, // a deploy starts wrangler seven times, and allows for a busy machine
    hookTimeout: 240_000, // some deploy as well
    reporters: ['verbose'], // each test as it ends: the whole takes minutes
  },
})
