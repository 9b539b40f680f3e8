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
 * with the signal, or by leaving the loop; throws when the login has ended.
 */
export async function* watch(
  connection: Connection,
  path: string,
  { since, signal, onState }: Watch,
): AsyncGenerator<OrderEvent, void, void> {
  let stream: OrderStream
  const open = (from: number | undefined, events: ReadableStreamDefaultController<OrderEvent>) => {
    stream = new OrderStream({
      url: connection.origin.replace('http', 'ws') + path,
      since: from,
      access: async () => (await connection.access()) ?? '',
      onEvent: (event) => events.enqueue(event),
      onState: (state) => {
        // A machine that slept: there is a new token to be had.
        if (state.reason === 'token_expired' && state.name === 'closed') return open(state.since, events)
        onState?.(state)
        if (state.name !== 'closed') return
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
    const before = connection.store.get()?.access
    const access = await connection.access().catch(() => undefined) // out of reach: looks again soon
    if (access !== undefined && access !== before) stream.renew(access)
  }
}
