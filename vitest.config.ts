import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        bindings: {
          JWT_SECRET: 'the secret of the tests, long enough for HS256',
          SERVER_TIMING: 'on',
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
        },
      },
    }),
  ],
  test: {
    globalSetup: './scripts/viewer.ts',
    setupFiles: ['./test/setup.ts'],
    silent: 'passed-only' as const,
  },
}))
