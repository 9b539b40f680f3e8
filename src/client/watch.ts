import type { Connection, Sent } from './connection.ts'
import { type OrderEvent, OrderStream, type StreamState } from './order-stream.ts'
import { Problem, type ProblemCode } from './problem.ts'

export interface Watch extends Sent {
  /** The last event that is known already: all later ones come first. From now on by default. */
  since?: number
  /** Hears whether it is connected. */
  onState?: (state: StreamState) => void
}

const LOOK_MILLISECONDS = 5000

/**
 * The events of orders, in their order, none missed and none twice, however often the connection breaks. Ends
 * with the signal, or by leaving the loop; throws when the session has ended.
 */
export async function* watch(
  connection: Connection,
  path: string,
  { since, signal, onState }: Watch,
): AsyncGenerator<OrderEvent, void, void> {
  if (signal?.aborted) return
  let stream: OrderStream
  /** The newest token that the stream was given. */
  let given = ''
  /** That token does no longer, whatever the clock here says. */
  let hasRunOut = false
  let isJustRenewed = false
  const access = async () => {
    isJustRenewed = hasRunOut
    if (hasRunOut) await connection.renew(given)
    hasRunOut = false
    return (given = (await connection.access()) ?? '')
  }
  const open = (from: number | undefined, events: ReadableStreamDefaultController<OrderEvent>) => {
    stream = new OrderStream({
      url: connection.origin.replace('http', 'ws') + path,
      since: from,
      access,
      onEvent: (event) => events.enqueue(event),
      onState: (state) => {
        if (state.name === 'closed') {
          const { reason, since: last } = state
          const hasLogin = connection.store.get() !== undefined
          hasRunOut = reason === 'token_expired' || (reason === 'token_invalid' && !isJustRenewed)
          if (hasRunOut && hasLogin) return open(last, events)
        }
        onState?.(state)
        if (state.name !== 'closed') return
        if (state.reason === 'token_revoked') connection.forget(given)
        if (state.code === 1000) events.close()
        else events.error(new Problem(state.reason as ProblemCode, 'The shop ended the connection.', 0))
      },
    })
  }
  const reader = new ReadableStream<OrderEvent>({ start: (events) => open(since, events) }).getReader()
  const close = () => stream.close()
  signal?.addEventListener('abort', close)
  const looking = setInterval(() => void renewInTime(), LOOK_MILLISECONDS)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    clearInterval(looking)
    signal?.removeEventListener('abort', close)
    close()
  }

  async function renewInTime(): Promise<void> {
    const newest = await connection.access().catch(() => undefined) // out of reach: looks again soon
    if (newest === undefined || newest === given) return
    given = newest // by a call, perhaps, or in another tab
    stream.renew(newest)
  }
}
