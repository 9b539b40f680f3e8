import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Characters of an unexpected response that the error shows. */
export const SHOWN_CHARACTERS = 500

/** A request as plain data, which is sent to the load generator. */
export interface Call {
  method?: 'POST'
  path: string
  headers?: Record<string, string>
  body?: string
}

export interface Job {
  /** Where the server listens. */
  origin: string
  /** Sent round-robin. */
  calls: readonly Call[]
  /** The number of requests, a multiple of `connections`. */
  amount: number
  connections: number
  /** The status that every response must have. */
  status: number
}

export interface Outcome {
  /** From the first request to the last response. */
  seconds: number
  /** Latency of each request. */
  latencies_ms: number[]
}

export type Load = (job: Job) => Promise<Outcome>

/**
 * Starts the load generator in a process of its own, whose event loop does nothing else. It ends with this
 * process. `load` throws on any unexpected response.
 */
export function startLoad(): { load: Load; stop(): void } {
  const child = fork(join(import.meta.dirname, 'load-generator.ts'))
  const ended = new AbortController()
  child.on('exit', () => ended.abort(new Error('The load generator has ended')))
  return {
    async load(job) {
      child.send(job)
      const [answer] = (await once(child, 'message', { signal: ended.signal })) as [
        Outcome | { error: string },
      ]
      if ('error' in answer) throw new Error(answer.error)
      return answer
    },
    stop() {
      child.kill()
    },
  }
}
