import { oneOf } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'

/** Must match the type `MailState` in db/schema.ts. */
export const MAIL_STATES = ['waiting', 'parked'] as const

export const ListMailsQuery = PageQuery.extend({
  state: oneOf(MAIL_STATES).optional(),
})
