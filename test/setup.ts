import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterAll } from 'vitest'
import { leaks, type Secret } from './leaks.ts'
import './problem.ts'

// Storage is shared within a file and empty at its start.
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)

// Checks the log of the whole test run for leaks. Unexpected errors are logged, and only logged, with their stack
// and D1's message.
const ofFaults: Secret[] = ['a stack', 'an error of D1']
const leaked: string[] = []
for (const level of ['debug', 'log', 'info', 'warn', 'error'] as const) {
  const write = console[level].bind(console)
  console[level] = (...line: unknown[]) => {
    const tellsOfFault = (level === 'warn' || level === 'error') && line.some((part) => part instanceof Error)
    leaked.push(...leaks(line.map(textOf).join(' '), tellsOfFault ? ofFaults : []))
    write(...line)
  }
}
afterAll(() => {
  if (leaked.length > 0) throw new Error(`The log gave away\n${leaked.join('\n')}`)
})

function textOf(part: unknown): string {
  if (part instanceof Error) return `${part.stack} ${textOf(part.cause ?? '')}`
  return typeof part === 'string' ? part : JSON.stringify(part)
}
