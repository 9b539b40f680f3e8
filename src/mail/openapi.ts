import * as z from 'zod'
import { describeFields } from '../openapi/describe-fields.ts'
import { Id, listOf, onePage, type Operations, Timestamp } from '../openapi/operation.ts'
import { ORDER_MAIL_TYPES } from './templates/order-mail.ts'
import { ListMailsQuery, MAIL_STATES } from './schema.ts'

const UnsentMail = z
  .object({
    id: Id,
    order_id: Id,
    type: z.enum(ORDER_MAIL_TYPES),
    email: z.string().meta({ description: 'The address that the order was placed with.' }),
    state: z.enum(MAIL_STATES).meta({
      description:
        '`parked`: the provider refused the mail for good, or its attempts failed for three days; it is tried again only if staff ask for it.',
    }),
    attempts: z.int().min(0),
    error: z.string().nullable().meta({ description: 'What the provider said to the last attempt.' }),
    next_at: Timestamp.nullable().meta({
      description: 'When the mail is tried next; null while it is parked.',
    }),
    created_at: Timestamp,
  })
  .meta({ id: 'UnsentMail' })
export type UnsentMail = z.infer<typeof UnsentMail>

const mail: UnsentMail = {
  id: 4,
  order_id: 5,
  type: 'shipped',
  email: 'ann@example.com',
  state: 'parked',
  attempts: 1,
  error: 'E_RECIPIENT_SUPPRESSED: the recipient has bounced before',
  next_at: null,
  created_at: '2026-01-31T12:00:00.000Z',
}

describeFields(ListMailsQuery, { state: 'Only mails in this state.' })

export const mailOperations: Operations = {
  'GET /api/admin/mail': {
    operationId: 'listUnsentMails',
    summary: 'List mails that have not been sent',
    description:
      'Returns the mails about orders that have not been sent, newest first: waiting mails, which the shop tries again, and parked mails. A mail that has been sent is not kept. A shop that sends no mail answers 404.',
    access: 'staff',
    responses: {
      200: {
        description: 'A page of mails.',
        schema: listOf(UnsentMail, 'UnsentMailList'),
        example: onePage(mail),
      },
    },
    errors: ['not_found'],
  },
  'POST /api/admin/mail/:id/send-again': {
    operationId: 'sendMailAgain',
    summary: 'Send a mail again',
    description:
      'Lets a parked or waiting mail be tried as soon as possible: after earlier mails of its order, and after a pause of the mailer. The response is 404 if the mail has been sent, or if the shop sends no mail.',
    access: 'staff',
    responses: {
      202: {
        description: 'The mail, which is to be sent.',
        schema: UnsentMail,
        example: { ...mail, state: 'waiting', attempts: 0, next_at: '2026-01-31T13:00:00.000Z' },
      },
    },
  },
}
