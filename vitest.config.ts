import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

declare module 'vitest' {
  interface ProvidedContext {
    torture: { runs: number; requests: number; seed: number } | undefined
  }
}

/** Set by `npm run torture`: how many random sequences and made-up requests, from which seed. */
const torture = process.env['TORTURE'] === undefined ? undefined : JSON.parse(process.env['TORTURE'])

export default defineConfig(async () => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        d1Databases: { REPLICA: 'replica' }, // for test/replica.ts
        bindings: {
          JWT_SECRET: 'the secret of the tests, long enough for HS256',
          SERVER_TIMING: 'on',
          RATE_LIMITING: 'off', // but in test/rate-limits.test.ts
          MAX_OPEN_ORDERS: '', // but in test/open-orders.test.ts
          MAX_OPEN_UNITS: '',
          MAX_OPEN_VALUE: '',
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
        },
      },
    }),
  ],
  test: {
    include: [torture ? 'test/torture/{faults,fuzz}.ts' : 'test/*.test.ts'],
    provide: { torture },
    globalSetup: './scripts/static-files.ts',
    maxWorkers: '100%', // of the cores; one file takes as long as all others together
    setupFiles: ['./test/setup.ts'],
    silent: torture ? false : ('passed-only' as const),
    ...(torture ? { onConsoleLog: (line: string) => line.includes('TORTURE') } : {}),
    testTimeout: torture ? 3_600_000 : 30_000, // a busy machine is no defect
  },
}))
