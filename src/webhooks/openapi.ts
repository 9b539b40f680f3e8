import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, listOf, onePage, type Operations, Timestamp } from '../openapi/operation.ts'
import {
  CreateWebhookBody,
  DELIVERY_STATES,
  ListDeliveriesQuery,
  UpdateWebhookBody,
  WEBHOOK_TYPES,
} from './schema.ts'

const Webhook = z
  .object({
    id: Id,
    url: z.string(),
    types: z.array(z.enum(WEBHOOK_TYPES)),
    active: z.boolean(),
    gone: z.boolean().meta({ description: 'The receiver answered 410, which made the endpoint inactive.' }),
    failures: z.int().min(0).meta({
      description:
        'Failed attempts in a row. An edit of the endpoint sets the number to 0. The attempt that staff ask for of a test message, or of a delivered or parked one, does not count.',
    }),
    next_at: Timestamp.nullable().meta({
      description:
        'The time of the next attempt after one that failed. Null if none has failed, if no message has to wait, or if the endpoint is inactive.',
    }),
    waiting: z.int().min(0).meta({ description: 'Waiting deliveries, counted up to 1000.' }),
    parked: z
      .int()
      .min(0)
      .meta({ description: 'Parked deliveries, which the shop has given up, counted up to 1000.' }),
    created_at: Timestamp,
  })
  .meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>

const WebhookWithSecret = Webhook.extend({
  secret: z
    .string()
    .meta({ description: 'Verifies the signatures. The secret is shown in this response only.' }),
}).meta({ id: 'WebhookWithSecret' })
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>

const WebhookDelivery = z
  .object({
    id: Id,
    webhook_id: Id,
    message_id: z.string().meta({ description: 'The header `webhook-id`, the same in every attempt.' }),
    type: z.enum([...WEBHOOK_TYPES, 'webhook.test']),
    order_id: Id.nullable(),
    state: z.enum(DELIVERY_STATES).meta({
      description:
        '`asked`: staff asked for the delivery, and it is tried once. `parked`: the shop has given up the delivery, until staff ask for it.',
    }),
    created_at: Timestamp,
    attempts: z
      .array(
        z.object({
          at: Timestamp,
          status: z.int().nullable().meta({ description: 'Null if the receiver did not answer.' }),
          error: z.string().nullable().meta({ description: 'Null if the receiver accepted the message.' }),
          milliseconds: z.int().min(0),
          answer: z.string().meta({ description: 'The first 1024 bytes of the answer.' }),
        }),
      )
      .meta({ description: 'The latest ten, newest first.' }),
  })
  .meta({ id: 'WebhookDelivery' })
export type WebhookDelivery = z.infer<typeof WebhookDelivery>

const webhook: Webhook = {
  id: 1,
  url: 'https://books.example/hooks/kiosk',
  types: ['order.paid', 'order.refunded'],
  active: true,
  gone: false,
  failures: 0,
  next_at: null,
  waiting: 0,
  parked: 0,
  created_at: '2026-01-31T12:00:00.000Z',
}

const delivery: WebhookDelivery = {
  id: 7,
  webhook_id: 1,
  message_id: 'msg_0b0f6c1e-2f6b-4d43-9d4c-6f1d9c5b7a10',
  type: 'order.paid',
  order_id: 5,
  state: 'parked',
  created_at: '2026-01-31T12:00:00.000Z',
  attempts: [
    {
      at: '2026-02-03T12:00:00.000Z',
      status: 500,
      error: 'It answered 500.',
      milliseconds: 120,
      answer: 'Internal error',
    },
  ],
}

const request = { url: webhook.url, types: webhook.types }
const response = { description: 'The endpoint.', schema: Webhook, example: webhook }
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
const responseWithSecret = { schema: WebhookWithSecret, example: { ...webhook, secret } }

const endpointFields = {
  url: 'An https address of a public host, on port 443, and not of the shop itself.',
  types: 'The types of the messages that the endpoint gets.',
  active: 'False pauses the endpoint. When it is active again, it goes on where it stopped.',
}
describeFields(CreateWebhookBody, endpointFields)
describeFields(UpdateWebhookBody, endpointFields)
describeFields(ListDeliveriesQuery, { state: 'Only deliveries in this state.' })

export const webhookOperations: Operations = {
  'GET /api/admin/webhooks': {
    operationId: 'listWebhooks',
    summary: 'List webhooks',
    description: "Returns the endpoints of the shop's other systems. A shop has at most 20.",
    access: 'staff',
    responses: {
      200: {
        description: 'A page of endpoints.',
        schema: listOf(Webhook, 'WebhookList'),
        example: onePage(webhook),
      },
    },
  },
  'POST /api/admin/webhooks': {
    operationId: 'createWebhook',
    summary: 'Create a webhook',
    description:
      'The endpoint gets a message, signed as Standard Webhooks specifies, for each event of these types from now on, in order and at least once. The response has the secret, which is not shown again.',
    access: 'staff',
    request,
    responses: {
      201: { description: 'The endpoint, with its secret.', headers: ['Location'], ...responseWithSecret },
    },
    errors: ['too_many_webhooks'],
  },
  'GET /api/admin/webhooks/:id': {
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    description: 'Returns one endpoint, without its secret.',
    access: 'staff',
    responses: { 200: response },
  },
  'PATCH /api/admin/webhooks/:id': {
    operationId: 'updateWebhook',
    summary: 'Edit a webhook',
    description:
      'Sets the given fields. If the endpoint is active, its waiting deliveries are then tried at once. An inactive endpoint gets only what staff ask for: tests, and parked or delivered deliveries that they send again. When it is active again, it gets the events of the time in between.',
    access: 'staff',
    request: { active: false },
    responses: { 200: { ...response, example: { ...webhook, active: false } } },
  },
  'DELETE /api/admin/webhooks/:id': {
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook',
    description:
      'Deletes the endpoint with its deliveries, finished or not. If it has more than about 150 000, the endpoint is paused and a part of them is deleted, and the response is 503: repeat the request until the response is 204.',
    access: 'staff',
    responses: { 204: { description: 'Deleted.' } },
  },
  'POST /api/admin/webhooks/:id/secret': {
    operationId: 'rotateWebhookSecret',
    summary: 'Make a new secret',
    description:
      'For the next 24 hours the previous secret signs as well, and so do those before it that signed until now; nine at most.',
    access: 'staff',
    responses: { 200: { description: 'The endpoint, with its new secret.', ...responseWithSecret } },
  },
  'POST /api/admin/webhooks/:id/test': {
    operationId: 'testWebhook',
    summary: 'Send a test message',
    description:
      'Sends a message of the type `webhook.test` once, before all others, even to an inactive endpoint. If the receiver accepts it, the waiting deliveries of an active endpoint are tried at once.',
    access: 'staff',
    responses: {
      202: {
        description: 'The delivery, which is about to be tried.',
        schema: WebhookDelivery,
        example: { ...delivery, type: 'webhook.test', order_id: null, state: 'asked', attempts: [] },
      },
    },
  },
  'GET /api/admin/webhooks/:id/deliveries': {
    operationId: 'listWebhookDeliveries',
    summary: 'List the deliveries of a webhook',
    description:
      'Returns deliveries with their attempts, newest first. A delivery is kept for 30 days, and longer if it is neither delivered nor parked by then.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of deliveries.',
        schema: listOf(WebhookDelivery, 'WebhookDeliveryList'),
        example: onePage(delivery),
      },
    },
  },
  'POST /api/admin/webhooks/deliveries/:id/send-again': {
    operationId: 'sendWebhookAgain',
    summary: 'Try a delivery again',
    description:
      'A waiting delivery of an active endpoint is tried now, after the waiting deliveries before it. A parked or delivered one is tried once more, before all others, with the same body and id.',
    access: 'staff',
    responses: {
      202: {
        description:
          'The delivery, which is about to be tried; a waiting one of an inactive endpoint only when that is active again.',
        schema: WebhookDelivery,
        example: { ...delivery, state: 'asked' },
      },
    },
  },
}
