import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import './problem.ts'

// Storage is shared within a file and empty at its start.
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
