import type { Operation, Operations } from '../openapi/operation.ts'
import { OrderStreamMessage } from '../orders/openapi.ts'

const streaming: Operation = {
  operationId: 'watchOrders',
  summary: 'Listen to your orders',
  description: `With \`Upgrade: websocket\` a WebSocket, with \`Accept: text/event-stream\` Server-Sent Events; otherwise the response is 426.

A browser opens it with \`new WebSocket(url, ['kiosk.v1', 'bearer.' + access])\`; other clients may send an Authorization header instead. Messages are JSON (\`OrderStreamMessage\`). With \`since=now\` the first message is \`{"id":7,"type":"listening"}\`; its \`id\` is a valid \`since\` if the connection breaks before the first event. \`since\`, or \`Last-Event-ID\`, sends all later events, in order, before new ones; a message may arrive twice. Replays send an account 1 MiB per second, and pause after about 4 MiB per minute.

Close codes: 4401 the token is invalid or expired, or its session has ended; 4403 not staff; 4409 replaced by newer connections (a customer may have ten, all staff together a hundred); 1013 connect again with \`since\`, as after each 4 MiB on one connection; 1008 too many messages of unknown types, or one that is no JSON object with a type; 1009 a message that is binary or has over 4096 characters. Before the token expires send \`{"type":"auth","access":"…"}\` to stay connected. \`{"type":"ping"}\` is answered with \`{"type":"pong"}\`. Server-Sent Events end with an event named after the reason: \`token_expired\`, \`token_revoked\`, \`not_staff\`, \`replaced\` or \`reconnect\`.`,
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

export const liveOperations: Operations = {
  'GET /api/orders/events': streaming,
  'GET /api/admin/orders/events': {
    ...streaming,
    operationId: 'watchOrdersAsStaff',
    summary: 'Listen to all orders',
    access: 'staff',
  },
}
