const PATIENCE_MILLISECONDS = 60_000 // a new workers.dev name takes a moment
const PAUSE_MILLISECONDS = 2_000

/** The health check answers 500: the secret that signs tokens is too short, or another setting is invalid. */
export const BROKEN = Symbol('broken')

/** Returns undefined once a shop that was just started is healthy, or the last unhealthy response. */
export async function unhealthy(
  health: URL,
  patience = PATIENCE_MILLISECONDS,
  pause = PAUSE_MILLISECONDS,
): Promise<string | typeof BROKEN | undefined> {
  const until = Date.now() + patience
  for (;;) {
    const answer = await ask(health)
    if (answer === undefined || answer === BROKEN || Date.now() > until) return answer
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

async function ask(health: URL): Promise<string | typeof BROKEN | undefined> {
  try {
    const answer = await fetch(health, { signal: AbortSignal.timeout(10_000) })
    const body = await answer.text()
    if (answer.status === 200 && body === '{"status":"ok"}') return undefined
    const isProblem = answer.headers.get('Content-Type') === 'application/problem+json'
    return isProblem && answer.status === 500 ? BROKEN : `${answer.status} ${body.slice(0, 200)}`
  } catch (error) {
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message // fetch itself says only that it failed
  }
}
