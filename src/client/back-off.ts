const FIRST_WAIT_MILLISECONDS = 500

/** Exponential backoff with jitter. */
export function backOff(retried: number, longest_ms = Infinity): number {
  return Math.min(longest_ms, FIRST_WAIT_MILLISECONDS * 2 ** retried) * (0.5 + Math.random() / 2)
}

/** Throws the reason of the signal if it aborts the wait. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await untilAborted(passed, signal).finally(() => clearTimeout(timer))
}

/** Waits for a promise, or throws the reason of the signal if it aborts first. */
export function untilAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const leave = () => reject(signal!.reason as Error)
    if (signal?.aborted) leave()
    signal?.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal?.removeEventListener('abort', leave))
  })
}
