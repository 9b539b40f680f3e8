import { describeFields } from '../openapi/describe-fields.ts'
import type { Operation, Operations } from '../openapi/operation.ts'
import { OrderStreamMessage } from '../orders/openapi.ts'
import { EventsQuery } from './schema.ts'

const streaming: Operation = {
  operationId: 'watchOrders',
  summary: 'Listen to your orders',
  description: `A request with \`Upgrade: websocket\` opens a WebSocket, a request with \`Accept: text/event-stream\` a stream of Server-Sent Events. Any other request gets 426.

A browser opens the WebSocket with \`new WebSocket(url, ['kiosk.v1', 'bearer.' + access])\`; other clients may send an Authorization header instead. Messages are JSON (\`OrderStreamMessage\`). With \`since=now\` the first message is \`{"id":7,"type":"listening"}\`. If the connection breaks before the first event, reconnect with this \`id\` as \`since\`. If \`since\` or \`Last-Event-ID\` is the id of an event, the shop first replays all later events, in order, and then sends new ones. A message may arrive twice. Replays send an account 1 MiB per second, and pause after about 4 MiB per minute.

Close codes: 4401 the token is invalid or expired, or its session has ended; 4403 the account is not staff; 4409 newer connections have replaced this one (a customer may have ten, all staff together a hundred); 1013 reconnect with \`since\`, for example because this connection has received more than 4 MiB; 1008 the client has sent more than ten messages of unknown types, or a message that is no JSON object with a type; 1009 the client has sent a message that is binary or has more than 4096 characters. To stay connected, send \`{"type":"auth","access":"…"}\` with a new token before the present token expires. \`{"type":"ping"}\` is answered with \`{"type":"pong"}\`. Server-Sent Events end with an event named after the reason: \`token_expired\`, \`token_revoked\`, \`not_staff\`, \`replaced\` or \`reconnect\`.`,
  access: 'customer',
  responses: {
    101: { description: 'The WebSocket.' },
    200: {
      description: 'Server-Sent Events, each with an OrderStreamMessage as its data.',
      type: 'text/event-stream',
      schema: OrderStreamMessage,
      example: 'id: 8\nevent: order.status_changed\ndata: {"id":8,"type":"order.status_changed",…}\n\n',
    },
  },
  errors: ['upgrade_required', 'origin_not_allowed', 'too_many_requests'],
}

describeFields(EventsQuery, {
  since:
    'The events after this id are sent first. By default, and with `now`, only new events are sent; with `now` a first message has the id to resume from.',
})

export const liveOperations: Operations = {
  'GET /api/orders/events': streaming,
  'GET /api/admin/orders/events': {
    ...streaming,
    operationId: 'watchOrdersAsStaff',
    summary: 'Listen to all orders',
    access: 'staff',
  },
}
