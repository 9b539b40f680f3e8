/** Asks a deployed shop whether it is well. */

const WELL_WITHIN_MILLISECONDS = 60_000 // a new workers.dev name takes a moment
const PAUSE_MILLISECONDS = 2_000

/** Every request fails like this when the shop lacks what it cannot work without, such as its secret. */
export const BROKEN = Symbol('broken')

/** Nothing if the shop becomes well within a while, else what it answers instead. */
export async function unhealthy(health: URL): Promise<string | typeof BROKEN | undefined> {
  const until = Date.now() + WELL_WITHIN_MILLISECONDS
  for (;;) {
    const answer = await ask(health)
    if (answer === undefined || answer === BROKEN || Date.now() > until) return answer
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS))
  }
}

async function ask(health: URL): Promise<string | typeof BROKEN | undefined> {
  try {
    const answer = await fetch(health, { signal: AbortSignal.timeout(10_000) })
    const body = await answer.text()
    if (answer.status === 200 && body === '{"status":"ok"}') return undefined
    const ours = answer.headers.get('Content-Type') === 'application/problem+json'
    return ours && answer.status === 500 ? BROKEN : `${answer.status} ${body.slice(0, 200)}`
  } catch (error) {
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message // fetch itself says only that it failed
  }
}
