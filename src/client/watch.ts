import type { OrderStreamMessage } from './api.ts'
import type { CallOptions, Connection } from './connection.ts'
import { OrderStream, type StreamState } from './order-stream.ts'
import { Problem, type ProblemCode } from './problem.ts'
import { claimsOf } from './token-store.ts'

export interface WatchOptions extends CallOptions {
  /** Starts with the events after this id. By default the stream has new events only. */
  since?: number
  /** Called whenever the stream connects, waits or closes. */
  onState?: (state: StreamState) => void
}

const RENEWAL_CHECK_MILLISECONDS = 5000

/** The error code for the reason of a close: the API has one for tokens that are invalid or have expired. */
const codeOf = (reason: string) => (reason === 'token_expired' ? 'token_invalid' : reason) as ProblemCode

/**
 * Yields order events in order, each exactly once, even if the connection breaks. Ends with the signal or when
 * the loop is left; throws when the session has ended, another account has logged in, the account is not staff, or newer
 * streams have replaced this one.
 */
export async function* watch(
  connection: Connection,
  path: string,
  { since, signal, onState }: WatchOptions,
): AsyncGenerator<OrderStreamMessage, void, void> {
  if (signal?.aborted) return
  let stream: OrderStream
  /** The token that the stream uses. */
  let token = ''
  /** The shop no longer accepts that token, even if it is valid by the local clock. */
  let hasExpired = false
  let isJustRenewed = false
  let failure: Problem | undefined
  const isOther = (newest: string) => token !== '' && claimsOf(newest).user_id !== claimsOf(token).user_id
  const access = async () => {
    isJustRenewed = hasExpired
    if (hasExpired) await connection.renew(token)
    hasExpired = false
    const newest = await connection.access()
    if (newest === undefined || isOther(newest)) throw new Problem('token_missing', 'Logged out.', 401)
    return (token = newest)
  }
  const open = (from: number | undefined, events: ReadableStreamDefaultController<OrderStreamMessage>) => {
    stream = new OrderStream({
      url: connection.origin + path,
      since: from,
      access,
      fetch: connection.fetch,
      onEvent: (event) => {
        connection.sawEvent()
        events.enqueue(event)
      },
      onState: (state) => {
        if (state.name === 'closed') {
          const { reason, since: last } = state
          const isLoggedIn = connection.store.get() !== undefined
          hasExpired = reason === 'token_expired' || (reason === 'token_invalid' && !isJustRenewed)
          if (hasExpired && isLoggedIn) return open(last, events)
        }
        const { milliseconds = 0 } = state
        const interrupted = new Problem('unreachable', 'The stream of orders is interrupted.', 0)
        connection.announceWait(milliseconds, interrupted, `GET ${path}`)
        onState?.(state)
        if (state.name !== 'closed') return
        if (state.reason === 'token_revoked') connection.forget(token)
        if (state.code !== 1000) failure = new Problem(codeOf(state.reason!), 'The stream has ended.', 0)
        events.close() // after the events that are still to be read
      },
    })
    if (signal?.aborted) stream.close() // by `onState`, which is called while the stream opens
  }
  const reader = new ReadableStream<OrderStreamMessage>({
    start: (events) => open(since, events),
  }).getReader()
  const close = () => stream.close()
  signal?.addEventListener('abort', close)
  const renewing = setInterval(() => void renewInTime(), RENEWAL_CHECK_MILLISECONDS)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done && failure) throw failure
      if (done || signal?.aborted) return
      yield value
    }
  } finally {
    clearInterval(renewing)
    signal?.removeEventListener('abort', close)
    close()
  }

  async function renewInTime(): Promise<void> {
    const newest = await connection.access().catch(() => undefined) // unreachable: the next check tries again
    if (newest === undefined || newest === token) return
    // A call or another tab has renewed it, or another account has logged in, which ends the stream.
    if (!isOther(newest)) token = newest
    stream.renew(newest)
  }
}
