const FIRST_WAIT_MILLISECONDS = 500

/** Exponential backoff with jitter. */
export function backOff(retried: number, longest_ms = Infinity): number {
  return Math.min(longest_ms, FIRST_WAIT_MILLISECONDS * 2 ** retried) * (0.5 + Math.random() / 2)
}

/** Throws the reason of the signal if it aborts the wait. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
  signal?.throwIfAborted()
}
