import * as z from 'zod'
import { Order } from '../orders/docs.ts'
import { ORDER_STATUSES } from '../orders/order-status.ts'
import { Id, Moment, type Operation, type Operations } from '../openapi/operation.ts'

const StreamMessage = z
  .object({
    id: Id.meta({ description: 'Ever growing. Send the last one as `since` to go on from there.' }),
    type: z.enum(['order.created', 'order.status_changed']),
    status: z.enum(ORDER_STATUSES).meta({ description: 'What this event brought.' }),
    order: Order.meta({ description: 'As it is when it is sent.' }),
    at: Moment,
  })
  .meta({ id: 'OrderStreamMessage' })

export type StreamMessage = z.infer<typeof StreamMessage>

/** Comes first with `since=now`: all events after this id follow, and those up to it do not. */
export interface Beginning {
  id: number
  type: 'listening'
}

const streaming: Operation = {
  summary: 'Listen to own orders',
  description: `With \`Upgrade: websocket\` a WebSocket, with \`Accept: text/event-stream\` Server-Sent Events; neither is 426.

A browser opens it with \`new WebSocket(url, ['kiosk.v1', 'bearer.' + access])\`; elsewhere an Authorization header will do. Messages are JSON (\`OrderStreamMessage\`). With \`since=now\` the first is \`{"id":7,"type":"listening"}\` instead: it will do for \`since\` if the connection breaks before any event came. \`since\`, or \`Last-Event-ID\`, replays everything later, in order, before anything live; a message may arrive twice.

Close codes: 4401 the token is invalid, has run out or its login has ended; 4403 not staff; 4409 replaced by newer connections (a customer has ten); 1013 connect again with \`since\`. Before the token runs out send \`{"type":"auth","access":"…"}\` to stay. \`{"type":"ping"}\` is answered with \`{"type":"pong"}\`. Server-Sent Events end with \`event: token_expired\`.`,
  access: 'customer',
  answers: {
    101: { description: 'The WebSocket.' },
    200: {
      description: 'Server-Sent Events, each with an OrderStreamMessage as its data.',
      type: 'text/event-stream',
      schema: StreamMessage,
      example: 'id: 8\nevent: order.status_changed\ndata: {"id":8,"type":"order.status_changed",…}\n\n',
    },
  },
  refusals: ['upgrade_required', 'origin_not_allowed', 'too_many_requests'],
}

export const liveOperations: Operations = {
  'GET /api/orders/events': streaming,
  'GET /api/admin/orders/events': { ...streaming, summary: 'Listen to all orders', access: 'staff' },
}
