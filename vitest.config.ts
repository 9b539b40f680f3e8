import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

declare module 'vitest' {
  interface ProvidedContext {
    stress: { runs: number; payments: number; requests: number; seed: number } | undefined
    /** Whether files of expected results are to be written: `vitest run --update`. */
    updates: boolean
  }
}

/** Set by `npm run stress`: the numbers of random sequences and generated requests, and the seed. */
const stress = process.env['STRESS'] === undefined ? undefined : JSON.parse(process.env['STRESS'])

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        d1Databases: { REPLICA: 'replica' }, // for test/replica.ts
        bindings: {
          JWT_SECRET: 'the secret of the tests, long enough for HS256',
          SERVER_TIMING: 'on',
          LOG_READS: '1',
          RATE_LIMITING: 'off', // except in test/rate-limits.test.ts
          MAX_OPEN_ORDERS: '', // except in test/open-orders.test.ts
          MAX_OPEN_UNITS: '',
          MAX_OPEN_VALUE: '',
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
        },
      },
    }),
  ],
  test: {
    include: [stress ? 'test/stress/{faults,money,fuzz}.ts' : 'test/{,payments/,mail/,webhooks/}*.test.ts'],
    provide: { stress, updates: process.argv.includes('--update') },
    globalSetup: './scripts/build/static-files.ts',
    maxWorkers: '100%', // of the cores: one file takes as long as all others together
    setupFiles: ['./test/setup.ts'],
    silent: stress ? false : ('passed-only' as const),
    ...(stress ? { onConsoleLog: (line: string) => line.includes('STRESS') } : {}),
    expect: { poll: { timeout: 20_000 } }, // as for testTimeout
    testTimeout: stress ? 0 : 30_000, // allows for a busy machine; 0 is no limit
  },
}))
